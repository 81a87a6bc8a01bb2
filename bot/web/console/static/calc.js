// Forms that are computed while somebody types.
(() => {
  "use strict";

  // While pinyin is being composed the field holds Latin letters: only what came of it is computed.
  document.addEventListener("input", (event) => {
    if (event.isComposing && event.target.closest("[data-typing]")) event.stopPropagation();
  }, true);
  document.addEventListener("compositionend", (event) => {
    if (event.target.closest("[data-typing]")) event.target.dispatchEvent(new Event("input", {bubbles: true}));
  });

  // A note offers what was probably meant.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-meant]");
    if (!button) return;
    const field = document.getElementById(button.dataset.meant);
    field.value = button.dataset.value;
    field.focus();
    field.dispatchEvent(new Event("input", {bubbles: true}));
  });

  // Notes are replaced, fields are not: what is wrong with a field is told to it here.
  document.addEventListener("htmx:afterSettle", () => {
    for (const note of document.querySelectorAll(".field-note[data-for]")) {
      const field = document.getElementById(note.dataset.for);
      if (!field) continue;
      if (note.classList.contains("wrong")) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  });

  // What did not come back is said above what came before.
  function fail(key) {
    const failure = document.getElementById("calc-failure");
    if (failure) failure.textContent = failure.dataset[key];
  }
  document.addEventListener("htmx:sendError", () => fail("network"));
  document.addEventListener("htmx:timeout", () => fail("network"));
  document.addEventListener("htmx:responseError", (event) => {
    fail({401: "signedOut", 403: "signedOut", 429: "busy"}[event.detail.xhr.status] ?? "server");
  });
  document.addEventListener("htmx:afterSwap", () => {
    const failure = document.getElementById("calc-failure");
    if (failure) failure.textContent = "";
  });

  // A sheet is for the printer.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
})();
