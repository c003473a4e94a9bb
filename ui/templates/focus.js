// Keeps the keyboard's place: what is redrawn, closed or removed takes the focus with it, and who goes
// by keys would begin again at the top of the page. The same element gets it back where it is drawn
// again; else its menu, the way to undo, or what stands in its place.
(() => {
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  // Parts of the page that outlive what is drawn in them, from the inside outwards.
  const AREA = ".turn[id], #side, #composer, #panel-column, [id^='library-'].block, " +
    "#paper-column, #library, #settings, #desk, #tabs";
  const UNDO = ".undo button, #library-undo";
  const SAME = ["name", "aria-label", "role", "type", "href"];
  let isByKeys = false;
  let place = null; // of the focus, as long as it is somewhere
  let lost = null; // the place that went with what had it
  let standIn = null; // has the focus until the same element is drawn again

  const isSeen = (element) => !element.disabled && element.offsetParent !== null && element.checkVisibility({ visibilityProperty: true });
  const isNowhere = () => !document.activeElement || document.activeElement === document.body;
  const inside = (area) => $$(FOCUSABLE, area).filter((each) => each.tabIndex >= 0 && isSeen(each));

  // What an element is, however often it is drawn. A marker or a row has an id of its own.
  function sign(element) {
    if (element.id) return element.id;
    const told = Object.entries(element.dataset).sort().join("|");
    const named = SAME.map((name) => element.getAttribute(name) || "").join("|");
    const text = told || element.getAttribute("aria-label") ? "" : element.textContent.trim();
    return [element.tagName, told, named, text].join("|");
  }

  function note(element) {
    const areas = [];
    for (let area = element.closest(AREA); area; area = area.parentElement?.closest(AREA))
      areas.push({ id: area.id, at: inside(area).indexOf(element) });
    const menu = element.closest("details.menu");
    const opener = menu && menu.querySelector("summary");
    const paper = element.closest("#paper-column") && document.querySelector("#paper [data-paper]");
    return {
      element, areas, paper: paper ? paper.dataset.paper : "", sign: sign(element),
      opener: opener && opener !== element ? sign(opener) : null,
      asks: element.dataset.do === "ask",
      undo: $$(UNDO).filter(isSeen).map(sign),
    };
  }

  function find(signed, areas) {
    for (const { id } of areas) {
      const area = document.getElementById(id);
      const found = area && inside(area).find((each) => sign(each) === signed);
      if (found) return found;
    }
    return null;
  }

  function inItsPlace({ areas, opener, paper, asks, undo }) {
    const row = paper && $$("table.papers [data-open]").find((each) => each.dataset.open === paper && isSeen(each));
    if (row && !document.querySelector("#paper [data-paper]")) return row; // it was closed
    if (asks) return document.querySelector("#question textarea");
    const found = opener && find(opener, areas);
    if (found) return found;
    const back = $$(UNDO).find((each) => isSeen(each) && !undo.includes(sign(each)));
    if (back) return back;
    for (const { id, at } of areas) {
      const area = document.getElementById(id);
      if (area?.matches(".is-draft")) return null; // it is still being drawn
      const there = area ? inside(area) : [];
      if (there.length) return there[Math.min(Math.max(at, 0), there.length - 1)];
    }
    return null;
  }

  function look() {
    if (!lost && place && isByKeys && isNowhere() && !(place.element.isConnected && isSeen(place.element)))
      lost = place;
    if (!lost || !(isNowhere() || document.activeElement === standIn)) return;
    const same = find(lost.sign, lost.areas);
    const next = same || (isNowhere() ? inItsPlace(lost) : null);
    if (!next) return;
    const was = lost;
    standIn = next;
    next.focus({ preventScroll: next === same });
    lost = same ? null : was;
  }

  let isLooking = false;
  const soon = () => {
    if (isLooking) return;
    isLooking = true;
    requestAnimationFrame(() => requestAnimationFrame(() => { isLooking = false; look(); }));
  };
  document.addEventListener("focusin", ({ target }) => {
    if (target !== standIn) lost = standIn = null;
    if (target.closest(AREA)) place = note(target); // else it is a field that copies, or a dialog
  });
  document.addEventListener("keydown", () => {
    isByKeys = true;
    lost = standIn = null;
    if (document.activeElement?.closest(AREA)) place = note(document.activeElement);
  }, true);
  document.addEventListener("pointerdown", () => { isByKeys = false; lost = null; }, true);
  document.addEventListener("focusout", soon);
  document.addEventListener("toggle", soon, true);
  const begin = () => new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
