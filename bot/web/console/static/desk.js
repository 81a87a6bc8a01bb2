// The keys of the staff console. Its words stand in the pages.
"use strict";
(() => {
  const box = document.getElementById("q");
  const results = document.getElementById("results");
  const answers = document.getElementById("answers");
  const failure = document.getElementById("failure");
  let again = null; // what failed, to be done once more

  // -- search while typing: at once, and again after the search under way if more was typed; not while an input method
  // composes

  function find() {
    failure?.replaceChildren();
    if (box.value.trim()) {
      htmx.trigger(box, "find");
    } else {
      stopFinding();
    }
  }

  function stopFinding() {
    results.replaceChildren();
    tell("");
  }

  let telling = 0;
  function tell(words) {
    clearTimeout(telling); // a reader of the screen hears the count once the typing rests
    telling = setTimeout(() => { document.getElementById("count").textContent = words; }, words ? 700 : 0);
  }

  if (box) {
    if (!location.hash) box.focus(); // earlier than autofocus, so that no key is lost
    box.addEventListener("input", (event) => { if (!event.isComposing) find(); });
    box.addEventListener("compositionend", find);
    box.form.addEventListener("submit", stopFinding);
    document.addEventListener("click", (event) => {
      const example = event.target.closest("[data-fill]");
      if (example) {
        box.value = example.dataset.fill;
        box.focus();
        find();
      }
    });
  }

  // -- copying; over plain HTTP browsers offer no clipboard, but a selected text can be copied

  async function copy(text) {
    let done = false;
    if (navigator.clipboard && window.isSecureContext) {
      done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    }
    toast(done || copySelected(text) ? "copied" : "notCopied");
  }

  function copySelected(text) {
    const before = document.activeElement;
    const area = document.createElement("textarea");
    area.className = "unseen";
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }

  let fading = 0;
  function toast(key) {
    const status = document.getElementById("status");
    status.textContent = status.dataset[key];
    clearTimeout(fading);
    fading = setTimeout(() => { status.textContent = ""; }, 2500);
  }

  function copyNearest() {
    const source = document.activeElement?.closest("[data-copy]") ?? document.querySelector("main [data-copy]");
    if (source) copy(source.dataset.copy);
  }

  function unfoldReading() {
    const answer = document.activeElement?.closest(".answer") ?? document.querySelector("main .answer");
    const reading = answer?.querySelector(".reading");
    if (!reading) return;
    reading.open = !reading.open;
    reading.querySelector("summary").focus();
  }

  // -- keys

  function typing(target) {
    return target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
  }

  function walk(step) {
    const hits = [...results.querySelectorAll(".hit")];
    const place = hits.indexOf(document.activeElement) + step;
    (place < 0 ? box : hits[Math.min(place, hits.length - 1)])?.focus();
  }

  function escape(target) {
    const clause = answers.querySelector(".clause");
    if (target === box || target.closest?.("#results")) {
      box.value = "";
      stopFinding();
    } else if (clause) {
      clause.remove();
    }
    box.focus();
  }

  function pick(digit) {
    const button = answers?.querySelector(`.answer [data-pick="${digit}"]`);
    if (button?.closest(".answer") === answers.querySelector(".answer")) button.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const plain = !(event.altKey || event.ctrlKey || event.metaKey);
    const onlyAlt = event.altKey && !(event.ctrlKey || event.metaKey || event.shiftKey);
    const keys = {
      "Alt KeyC": onlyAlt && copyNearest,
      "Alt KeyE": onlyAlt && unfoldReading,
      "Alt KeyN": onlyAlt && (() => { location.assign("/desk"); }),
      "/": plain && !typing(event.target) && (() => { box ? box.select() : location.assign("/desk"); }),
      "Escape": plain && box && (() => escape(event.target)),
      "ArrowDown": plain && results?.contains(event.target) && (() => walk(1)),
      "ArrowUp": plain && results?.contains(event.target) && (() => walk(-1)),
    };
    if (event.target === box) {
      keys.ArrowDown = plain && (() => walk(1));
      keys.Enter = event.ctrlKey && (() => box.form.requestSubmit());
    }
    if (plain && /^[1-9]$/.test(event.key) && !typing(event.target)) keys[event.key] = () => pick(event.key);
    const act = keys[onlyAlt ? `Alt ${event.code}` : event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-of], [data-print], [data-close], [data-retry]");
    if (button?.dataset.copyOf) copy(document.getElementById(button.dataset.copyOf).dataset.copy);
    if (button?.matches("[data-print]")) window.print();
    if (button?.matches("[data-close]")) box ? escape(button) : history.back();
    if (button?.matches("[data-retry]")) { failure.replaceChildren(); again?.(); }
  });

  // -- what came back

  let chosen = -1; // the place of the result that has the focus, while the results are replaced

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === results && !box.value.trim()) event.detail.shouldSwap = false; // it came too late
    if (event.detail.target === results) chosen = [...results.querySelectorAll(".hit")].indexOf(document.activeElement);
    if (event.detail.target === answers && event.detail.shouldSwap) answers.querySelector(".clause")?.remove();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === results) {
      tell(results.querySelector("[data-count]")?.dataset.count ?? "");
      if (chosen >= 0) (results.querySelectorAll(".hit")[chosen] ?? box).focus();
    } else if (event.detail.target === answers) {
      show(answers.firstElementChild);
    }
  });

  function show(newest) {
    failure.replaceChildren();
    box.value = "";
    stopFinding();
    const next = newest.matches(".clause") ? newest : newest.querySelector("[data-slot], [data-pick]");
    (next ?? box).focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  // -- what did not come back

  function fail(event, key) {
    const { elt, requestConfig } = event.detail;
    const note = document.getElementById("failed").content.cloneNode(true);
    const words = note.querySelector("p");
    words.textContent = words.dataset[key];
    note.querySelector(key === "signedOut" ? "[data-retry]" : "[data-login]").remove();
    again = () => {
      if (elt === box) find();
      else if (elt.matches("form")) elt.requestSubmit(requestConfig?.triggeringEvent?.submitter);
      else elt.click();
    };
    if (elt === box) results.replaceChildren();
    failure.replaceChildren(note);
  }

  if (failure) {
    document.addEventListener("htmx:sendError", (event) => fail(event, "network"));
    document.addEventListener("htmx:timeout", (event) => fail(event, "network"));
    document.addEventListener("htmx:responseError", (event) => {
      const { status } = event.detail.xhr;
      fail(event, { 401: "signedOut", 429: "busy" }[status] ?? (status < 500 ? "refused" : "server"));
    });
  }
})();
