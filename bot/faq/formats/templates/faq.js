(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const fold = (text) => text.normalize("NFKC").toLowerCase();

  const search = one("#search");
  const status = one("#status");
  const selection = one(".selection");
  const nearest = one(".nearest");
  const told = one("#told");
  const folding = one("#fold");
  const MOST_NEAR = 8;
  const NEAR_ENOUGH = 0.45; // of the best one's score

  const entries = all("article").map((article) => {
    const question = fold(one("summary", article).textContent);
    const text = [question, fold(one(".answer", article).textContent), fold(article.dataset.measure)].join("\n");
    return {
      article,
      home: article.parentElement,
      details: one("details", article),
      text,
      pairs: pairs(text),
      asked: pairs(question),
      audiences: JSON.parse(article.dataset.audiences),
    };
  });

  // -- likeness: what shares pairs of characters, rare pairs more than common ones

  function pairs(text) {
    const found = new Set();
    for (const run of text.match(/[\p{L}\p{N}]+/gu) || []) {
      const characters = [...run];
      for (let i = 1; i < characters.length; i += 1) found.add(characters[i - 1] + characters[i]);
    }
    return found;
  }

  const holders = new Map();
  for (const entry of entries) for (const pair of entry.pairs) holders.set(pair, (holders.get(pair) || 0) + 1);
  const weight = (pair) => Math.sqrt(Math.log(1 + entries.length / holders.get(pair)));

  function closest(pool, words) {
    const wanted = [...pairs(words)].filter((pair) => holders.has(pair));
    const scored = pool.map((entry) => {
      let score = 0;
      for (const pair of wanted) {
        if (entry.pairs.has(pair)) score += weight(pair);
        if (entry.asked.has(pair)) score += weight(pair);
      }
      return { entry, score };
    });
    scored.sort((a, b) => b.score - a.score); // equal ones stay in reading order
    const least = scored.length ? scored[0].score * NEAR_ENOUGH : 0;
    return scored.filter(({ score }) => score > 0 && score >= least).slice(0, MOST_NEAR).map(({ entry }) => entry);
  }

  // -- marks

  function unmark() {
    for (const mark of all("mark")) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
  }

  // The text folded character by character, and for each folded character which one it came from.
  function traced(text) {
    let folded = "";
    const origin = [];
    let at = 0;
    for (const character of text) {
      const some = fold(character);
      folded += some;
      for (let i = 0; i < some.length; i += 1) origin.push([at, at + character.length]);
      at += character.length;
    }
    return { folded, origin };
  }

  function spans(text, words) {
    const { folded, origin } = traced(text);
    const found = [];
    for (const word of words) {
      for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
        found.push([origin[at][0], origin[at + word.length - 1][1]]);
      }
    }
    found.sort((a, b) => a[0] - b[0]);
    const joined = [];
    for (const [from, to] of found) {
      const last = joined[joined.length - 1];
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else joined.push([from, to]);
    }
    return joined;
  }

  function mark(root, words) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const node of nodes) {
      for (const [from, to] of spans(node.data, words).reverse()) {
        const element = document.createElement("mark");
        const rest = node.splitText(from);
        rest.splitText(to - from);
        rest.replaceWith(element);
        element.append(rest);
      }
    }
  }

  // -- what is shown

  let moved = false;
  let before = null; // what was open before somebody searched

  function chosen() {
    const choice = one("input[name=audience]:checked");
    return choice ? choice.value : "";
  }

  function apply() {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    const audience = chosen();
    const pool = entries.filter(
      ({ article, audiences }) => !audience || audiences.includes(audience) || "everybody" in article.dataset,
    );
    const hits = pool.filter(({ text }) => words.every((word) => text.includes(word)));
    const near = hits.length ? [] : closest(pool, words.join(" "));
    const shown = hits.length ? hits : near;
    unmark();
    show(shown, near);
    if (hits.length && words.length) {
      for (const { article } of hits) {
        mark(one("summary", article), words);
        mark(one(".answer", article), words);
      }
      for (const heading of all(".measure:not([hidden]) > h3")) mark(heading, words);
    }
    unfold(shown, words.length > 0);
    tell(shown.length, near.length > 0, words, audience);
  }

  function show(shown, near) {
    if (moved) for (const { article, home } of entries) home.append(article);
    const kept = new Set(shown);
    for (const entry of entries) entry.article.hidden = !kept.has(entry);
    nearest.append(...near.map(({ article }) => article));
    moved = near.length > 0;
    nearest.hidden = !moved;
    for (const section of all(".measure, .chapter")) section.hidden = !one("article:not([hidden])", section);
  }

  function unfold(shown, searching) {
    if (searching && !before) before = new Set(entries.filter(({ details }) => details.open));
    if (searching) for (const { details } of shown) details.open = true;
    if (!searching && before) {
      for (const entry of entries) entry.details.open = before.has(entry);
      before = null;
    }
    nameFolding();
  }

  function tell(found, isNear, words, audience) {
    const counts = { found, all: entries.length };
    const filtered = words.length > 0 || audience !== "";
    const key = !filtered ? "all" : isNear ? "near" : found ? "found" : "none";
    status.textContent = filled(status.dataset[key], counts);
    const what = [];
    if (words.length) what.push(filled(selection.dataset[isNear ? "near" : "search"], { words: words.join(" ") }));
    if (audience) what.push(filled(selection.dataset.audience, { audience }));
    selection.hidden = !filtered;
    selection.textContent = filled(selection.dataset.whole, { what: what.join(selection.dataset.between), ...counts });
  }

  // What is found begins below the search box, wherever somebody has scrolled to.
  function look() {
    apply();
    if (one(".stuck")) one(".columns").scrollIntoView();
  }

  // Nobody is searching for half of a word: while an input method composes, the page waits.
  search.addEventListener("input", (event) => {
    if (!event.isComposing) look();
  });
  search.addEventListener("compositionend", look);
  for (const choice of all("input[name=audience]")) choice.addEventListener("change", apply);

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const typing = event.target.matches("input:not([type=radio]), textarea, select");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === "Escape" && search.value) {
      event.preventDefault();
      search.value = "";
      look();
      search.focus();
    }
  });

  // -- open and close

  const visible = () => entries.filter(({ article }) => !article.hidden);

  function nameFolding() {
    const open = visible().some(({ details }) => !details.open);
    folding.textContent = open ? folding.dataset.open : folding.dataset.close;
  }

  folding.addEventListener("click", () => {
    const open = visible().some(({ details }) => !details.open);
    for (const { details } of visible()) details.open = open;
    nameFolding();
  });
  document.addEventListener("toggle", nameFolding, true);

  // -- links

  function reveal() {
    let name = "";
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return; // no anchor of ours
    }
    const target = name && document.getElementById(name);
    if (!target || !target.closest("main")) return;
    if (target.closest("[hidden]")) {
      search.value = "";
      const everybody = one("input[name=audience][value='']");
      if (everybody) everybody.checked = true;
      apply();
    }
    const details = one(":scope > details", target);
    if (details) {
      details.open = true;
      one("summary", details).focus({ preventScroll: true });
    }
    target.scrollIntoView();
  }

  addEventListener("hashchange", reveal);
  for (const link of all("a[href^='#']")) {
    link.addEventListener("click", () => {
      if (link.hash === location.hash) reveal(); // the address stays, so it would tell nobody
    });
  }

  async function copied(text) {
    if (navigator.clipboard && window.isSecureContext) {
      const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
      if (done) return true;
    }
    const area = document.createElement("textarea"); // over plain HTTP a selected text can still be copied
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  let silence = 0;
  for (const button of all(".copy")) {
    button.addEventListener("click", async () => {
      const address = `${location.href.split("#")[0]}#${encodeURIComponent(button.dataset.anchor)}`;
      told.textContent = (await copied(address)) ? told.dataset.done : told.dataset.failed;
      button.focus();
      clearTimeout(silence);
      silence = setTimeout(() => told.replaceChildren(), 4000);
    });
  }

  // -- paper

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = visible().filter(({ details }) => !details.open);
    for (const { details } of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const { details } of closed) details.open = false;
    closed = [];
  });
  one("#print").addEventListener("click", () => print());

  // -- to begin with: all questions are seen, and no answer hides the next question

  for (const { details } of entries) details.open = false;
  for (const element of all(".tools, .choices, .copy")) element.hidden = false;
  new IntersectionObserver(([place]) => one(".tools").classList.toggle("stuck", !place.isIntersecting)).observe(
    one(".front"),
  );
  apply();
  reveal();
})();
