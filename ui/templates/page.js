// What the page does without asking the server: keys, markers and their quotes, copies, downloads,
// what this browser remembers, and a word when the server is away.
window.paperchat = (() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const closest = (event, selector) => event.target.closest && event.target.closest(selector);
  const input = () => $("#question textarea");
  const CLOSE_TO_LIMIT = 0.8;
  const LOOK_EVERY_MS = 4000;
  const HELD = "This is asked as soon as the library is ready.";

  // --- to the server and back

  function passOn(element, trigger, events) {
    const send = (source, more = {}) => {
      const data = { ...source.dataset, ...more };
      if (events.includes(data.do) && !isWaiting()) trigger(data.do, data);
    };
    element.addEventListener("click", (event) => {
      const button = closest(event, "button[data-do]");
      if (button) send(button);
      const marker = closest(event, "a.marker");
      if (marker && !isShown(marker)) trigger("show", { turn: marker.dataset.turn });
    });
    element.addEventListener("submit", (event) => {
      const form = closest(event, "form[data-do]");
      if (!form) return;
      event.preventDefault();
      send(form, Object.fromEntries(new FormData(form)));
    });
  }

  function offer(watch, props) {
    watch("value", () => {
      const { name, text, type } = props.value || {};
      if (!name) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // --- what this browser remembers: who it is (all tabs), and what each tab has open

  const stored = (storage, name, value) => {
    try {
      if (value === undefined) return storage().getItem(`paperchat.${name}`) || "";
      storage().setItem(`paperchat.${name}`, value);
    } catch { /* a browser that keeps nothing: the page works, until it is reloaded */ }
    return value || "";
  };
  const local = (name, value) => stored(() => localStorage, name, value);
  const tab = (name, value) => stored(() => sessionStorage, name, value);

  function owner() {
    const known = local("owner");
    if (known) return known;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return local("owner", [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(""));
  }

  const here = () => ({ owner: owner(), conversation: tab("conversation") });

  function remember(watch, props) {
    watch("value", () => tab("conversation", (props.value || {}).conversation || ""));
  }

  // --- markers and cards

  const isShown = (marker) => $(`[id="${marker.getAttribute("href").slice(1)}"]`) !== null;
  let waitingFor = null;
  let lastMarker = null;

  function follow(marker) {
    lastMarker = marker.id;
    const card = document.getElementById(marker.getAttribute("href").slice(1));
    if (card) reveal(card);
    else waitingFor = marker.getAttribute("href").slice(1);
  }

  function sourcesChanged() {
    const card = waitingFor && document.getElementById(waitingFor);
    if (card) reveal(card);
    waitingFor = null;
  }

  function reveal(element, kind = "is-shown") {
    $$(`.${kind}`).forEach((other) => other.classList.remove(kind));
    element.classList.add(kind);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    element.focus({ preventScroll: true });
  }

  function back(link) {
    const own = lastMarker && lastMarker.startsWith(link.dataset.card.replace("source", "cite") + "-");
    const marker = (own && document.getElementById(lastMarker)) || $(link.getAttribute("href"));
    if (marker) reveal(marker, "is-found");
  }

  // --- the quote of a marker, under the pointer and on focus

  let tip = null;

  function showTip(marker) {
    hideTip();
    tip = document.createElement("div");
    tip.id = "quote-tip";
    tip.setAttribute("role", "tooltip");
    const title = document.createElement("strong");
    title.textContent = marker.dataset.title;
    const quote = document.createElement("q");
    quote.textContent = marker.dataset.quote;
    tip.append(title, quote);
    ($(".gradio-container") || document.body).append(tip);
    marker.setAttribute("aria-describedby", tip.id);
    place(tip, marker.getBoundingClientRect());
  }

  function place(box, near) {
    const edge = 8;
    const left = Math.min(near.left, innerWidth - box.offsetWidth - edge);
    const above = near.top - box.offsetHeight - edge;
    box.style.left = `${Math.max(edge, left)}px`;
    box.style.top = `${above > edge ? above : near.bottom + edge}px`;
  }

  function hideTip() {
    if (!tip) return;
    $$("[aria-describedby='quote-tip']").forEach((m) => m.removeAttribute("aria-describedby"));
    tip.remove();
    tip = null;
  }

  // --- what is told to those who do not see it, and where the eye should be

  let told = "";
  let turns = 0;

  function threadChanged() {
    const stage = $("#chat .turn:last-child .stage-text");
    const now = stage ? stage.textContent : $("#chat .turn") ? "The answer is there." : "";
    if (now !== told) say(now);
    told = now;
    const count = $$("#chat .turn").length;
    if (count > turns && stage) showLastTurn();
    turns = count;
    if (!stage) tab("asked", "");
    if (!isWaiting()) goOn();
  }

  function say(text) {
    const region = $("#announced");
    if (region) region.textContent = text;
  }

  function showLastTurn() {
    const last = $("#chat .turn:last-child");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (last) last.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  // --- before the conversation is shown: a question stays in the input, and is sent then; sent at
  // once, its answer could come first and be drawn over

  let isHeld = false;

  const SHOWN = ".turn, .welcome:not(.is-waiting), .warning";
  const isWaiting = () => $("#chat") === null || $(SHOWN, $("#chat")) === null;

  function asks(event) {
    if (isWaiting()) hold(event);
    else tab("asked", input().value);
  }

  function hold(event) {
    event.preventDefault();
    event.stopPropagation();
    isHeld = input().value.trim() !== "";
    count();
    say($("#counter").textContent);
  }

  function goOn() {
    if (isHeld) setTimeout(() => $("#question .submit-button").click());
    else bringBack();
    isHeld = false;
    count();
  }

  // --- the input

  function count() {
    const field = input();
    const counter = $("#counter");
    if (!field || !counter) return;
    const most = field.maxLength > 0 ? field.maxLength : Infinity;
    const length = field.value.length;
    const size = `${length.toLocaleString("en")} of ${most.toLocaleString("en")} characters`;
    counter.textContent = isHeld ? HELD : length >= most * CLOSE_TO_LIMIT ? size : "";
    counter.classList.toggle("is-full", length >= most);
  }

  function keepAbove([composer]) {
    document.documentElement.style.setProperty("--composer", `${composer.target.offsetHeight}px`);
  }

  function keys(event) {
    const isTyping = closest(event, "input, textarea, select, [contenteditable]");
    const wantsInput = (event.key === "/" && !isTyping) ||
      (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
    if (wantsInput && input()) {
      event.preventDefault();
      openTab("Chat");
      input().focus();
    }
    if (event.key === "Escape") escape();
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (isEnter && event.target === input()) asks(event);
  }

  function escape() {
    hideTip();
    const open = $$("details.menu[open]").pop();
    const stop = $("#chat [data-do='stop']");
    if (open) {
      open.open = false;
      $("summary", open).focus();
    } else if (side() === "over") toggleSide(false);
    else if (stop) stop.click();
  }

  async function copy(button) {
    const text = button.dataset.text;
    try {
      await navigator.clipboard.writeText(text);
    } catch { // an address that is not secure has no clipboard
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    button.classList.add("is-done");
    say("Copied.");
    setTimeout(() => button.classList.remove("is-done"), 1500);
  }

  // --- the list of conversations

  const isNarrow = () => matchMedia("(max-width: 900px)").matches;
  const side = () => ($("#desk") ? $("#desk").dataset.side || "" : "");
  const isSideOpen = () => (isNarrow() ? side() === "over" : side() !== "closed");

  function toggleSide(open = !isSideOpen()) {
    if (!isNarrow()) local("side", open ? "open" : "closed");
    setSide(isNarrow() ? (open ? "over" : "") : (open ? "" : "closed"));
    if (isNarrow()) (open ? $("#side .find") : $("#side-switch")).focus();
  }

  function setSide(state) {
    $("#desk").dataset.side = state;
    $("#side-switch").setAttribute("aria-expanded", String(isSideOpen()));
  }

  // What is typed into the search goes to the server, which knows what was asked and answered.
  const FIND_AFTER_MS = 150;
  let find = () => {};

  function searchFrom(element, trigger) {
    let soon = 0;
    find = () => trigger("find", { words: $(".find", element).value });
    element.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(find, FIND_AFTER_MS);
    });
  }

  function listChanged() {
    if ($("#side .find").value) find();
  }

  function openTab(name) {
    const button = $$("[role=tab]").find((each) => each.textContent.trim() === name);
    if (button && button.getAttribute("aria-selected") !== "true") button.click();
  }

  // --- the server: a word when it is away, and the page anew when it is another

  let server = null;
  let isAway = false;

  async function look() {
    let found = null;
    try {
      const answer = await fetch("gradio_api/app_id", { cache: "no-store" });
      if (answer.ok) found = (await answer.json()).app_id;
    } catch { /* away */ }
    if (found === null) away();
    else if (server !== null && found !== server) renew();
    else {
      server = found;
      if (isAway) $("#away").hidden = true;
      isAway = false;
    }
    setTimeout(look, isAway ? 1000 : LOOK_EVERY_MS);
  }

  function away() {
    isAway = true;
    const box = $("#away");
    if (!box) return;
    box.textContent = "The server does not answer. The page comes back by itself when it does; nothing is lost.";
    box.hidden = false;
  }

  function renew() {
    tab("typed", (input() && input().value) || tab("asked"));
    location.reload();
  }

  function bringBack() {
    const typed = tab("typed");
    const field = input();
    if (!typed || !field) return;
    tab("typed", "");
    field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- wiring

  document.addEventListener("click", (event) => {
    const marker = closest(event, "a.marker");
    const link = closest(event, "a.back");
    if (marker || link) event.preventDefault();
    if (marker) follow(marker);
    if (link) back(link);
    const button = closest(event, "[data-do='copy']");
    if (button) copy(button);
    if (closest(event, "#question .submit-button")) asks(event);
    if (closest(event, "#side-switch")) {
      const isElsewhere = $("[role=tab][aria-selected=true]").textContent.trim() !== "Chat";
      openTab("Chat");
      toggleSide(isElsewhere || undefined);
    }
    else if (side() === "over" &&
      (!closest(event, "#side-column") || closest(event, "[data-do='open'], [data-do='fresh']"))) {
      toggleSide(false);
    }
    const opener = closest(event, "[data-tab]");
    if (opener) openTab(opener.dataset.tab);
    if (closest(event, "[data-do='edit'], [data-do='fresh']") && input()) {
      setTimeout(() => input().focus(), 150);
    }
    const inside = closest(event, "details.menu");
    $$("details.menu[open]").forEach((menu) => { if (menu !== inside) menu.open = false; });
    if (closest(event, ".sheet [data-do='export']")) inside.open = false;
  }, true);
  const shows = (event) => { const marker = closest(event, "a.marker"); if (marker) showTip(marker); };
  const hides = (event) => { if (closest(event, "a.marker")) hideTip(); };
  document.addEventListener("mouseover", shows);
  document.addEventListener("focusin", shows);
  document.addEventListener("mouseout", hides);
  document.addEventListener("focusout", hides);
  document.addEventListener("scroll", hideTip, true);
  document.addEventListener("keydown", keys, true);
  document.addEventListener("input", (event) => {
    if (event.target === input()) {
      isHeld = false; // it is still being written
      count();
    }
  });
  function begin() {
    const ready = new MutationObserver(() => {
      if (!input() || !$("#side-switch") || !$("#desk")) return;
      ready.disconnect();
      setSide(isNarrow() ? "" : local("side"));
      new ResizeObserver(keepAbove).observe($("#composer"));
      count();
      if (!isNarrow()) input().focus();
    });
    ready.observe(document.body, { childList: true, subtree: true });
    look();
  }
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();

  return { passOn, offer, remember, here, searchFrom, listChanged, sourcesChanged, threadChanged };
})();
