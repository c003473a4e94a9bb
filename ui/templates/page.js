// What the page does without asking the server: keys, markers and their quotes, copies, downloads,
// what this browser remembers, and a word when the server is away.
window.paperchat = (() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const closest = (event, selector) => event.target.closest && event.target.closest(selector);
  const input = () => $("#question textarea");
  const CLOSE_TO_LIMIT = 0.8;
  const READ_AFTER_MS = 400; // that the page has stood still
  const FOLLOWED_MS = 2000; // in which what moves is the page going to a card or back, not its reader
  const LOOK_EVERY_MS = 4000;
  const SILENT_MS = 10000; // of an answer: perhaps the connection is lost
  const DRAWN_MS = 50; // what was written into the input
  const OPENS_MS = 2500; // a conversation; two that are drawn at once may leave neither
  const HELD = "This will be asked as soon as the library is ready.";
  const HELD_AWAY = "This will be asked as soon as the server answers again.";

  // --- to the server and back

  function passOn(element, trigger, events) {
    const send = (source, more = {}) => {
      const data = { ...source.dataset, ...more };
      if (!events.includes(data.do) || (CHANGES[data.do] ? !isLoaded : isWaiting())) return;
      if (data.do === "fresh") data.drawn = home ? "yes" : "";
      isAsked = isAsked || data.do === "ask";
      if (CHANGES[data.do]) CHANGES[data.do](data.conversation);
      trigger(data.do, data);
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
      const { name, text, type, copy, share, told } = props.value || {};
      if (copy) copyText(copy);
      if (share) copyText(new URL(`shared/${share}`, location.origin + location.pathname).href, "Link copied");
      if (told) tell(told);
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

  const randomId = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  let ownId = "";
  const owner = () => (ownId = ownId || local("owner") || local("owner", randomId()));

  // --- the conversation on the screen: its id is made here, so that what is asked next belongs to
  // it from the first moment, and what belongs to another is never drawn

  const OPENING = '<section class="welcome is-waiting is-opening"><p>Opening…</p></section>';
  const parts = {}; // what draws: its props and its trigger, by name
  const markup = {}; // what stands there, by name
  let versions = {}; // of what stands there, by name
  const unfolded = new Set(); // ids of what the reader has opened, which a draft would close again
  let onScreen = "";
  let isLoaded = false;
  let home = null;

  const IS_ID = /^[0-9a-f]{32}$/;
  const addressed = () => (new URLSearchParams(location.search).get("conversation") || "").match(IS_ID)?.[0];
  const current = () => onScreen || show(addressed() || tab("conversation") || randomId());
  const here = () => ({ owner: owner(), conversation: current() });

  function show(conversation) {
    if (conversation !== onScreen) {
      unfolded.clear();
      versions = {};
    }
    onScreen = tab("conversation", conversation);
    markCurrent();
    return onScreen;
  }

  function belongs({ conversation, from }) {
    if (conversation && from && from === current()) show(conversation);
    return !conversation || conversation === current();
  }

  // Two events may draw one conversation at once: the older of two states never counts.
  function isOlder(name, { version }) {
    if (version < versions[name]) return true;
    if (version) versions[name] = version;
    return false;
  }

  function drawn(name, value) {
    if (belongs(value) && !isOlder(name, value)) {
      const opened = (html, id) => html.replace(`<details id="${id}"`, `<details open id="${id}"`);
      markup[name] = [...unfolded].reduce(opened, value.turns ? value.turns.join("") : value.html || "");
    }
    return markup[name] || "";
  }

  const WHEN_DRAWN = {
    chat: () => threadChanged(),
    sources: () => sourcesChanged(),
    queue: () => { if (isBrought) tab("waiting", JSON.stringify(waiting())); },
  };

  function draws(name, props, watch, trigger) {
    parts[name] = { props, trigger };
    watch("value", () => changed(name));
  }

  function changed(name) {
    if (WHEN_DRAWN[name]) WHEN_DRAWN[name]();
  }

  function put(name, value) {
    if (!parts[name]) return;
    parts[name].props.value = { conversation: current(), ...value };
    setTimeout(() => changed(name));
  }

  function clearFor(conversation, thread) {
    show(conversation);
    turns = 0;
    told = "";
    isAsked = false;
    put("chat", { turns: thread });
    put("sources", { html: (home && home.sources) || "" });
    put("queue", { html: "" });
    scrollTo(0, 0);
  }

  const fresh = () => clearFor(randomId(), home ? home.turns : [OPENING]);
  const open = (conversation) => clearFor(conversation, [OPENING]);
  // What these do at once, before the server knows.
  const CHANGES = {
    fresh,
    open,
    restore: open,
    delete: (conversation) => { if (conversation === current()) fresh(); },
  };

  // What back and forward lead to: a conversation by its id, or with none a new one.
  function openConversation(conversation) {
    if (!parts.chat || conversation === current()) return;
    if (!conversation && $("#chat .turn")) $("#side .new").click();
    if (!IS_ID.test(conversation)) return;
    open(conversation);
    parts.chat.trigger("follow", {});
  }

  // A new conversation within some papers, a collection or a tag.
  function askWithin(scope) {
    openTab("Chat");
    const button = $("#side .new");
    Object.assign(button.dataset, scope);
    button.click();
    for (const name of Object.keys(scope)) delete button.dataset[name];
    if (!isNarrow()) input().focus();
  }

  // A new conversation that begins with a table of some papers.
  function tabulate(papers) {
    openTab("Chat");
    clearFor(randomId(), [OPENING]);
    parts.chat.trigger("table", { papers: JSON.stringify(papers) });
  }

  // --- the settings: the choices stay in the browser, a key in the server's memory for this tab

  const session = () => tab("session") || tab("session", randomId());

  function keptSettings() {
    try {
      return JSON.parse(local("settings") || "{}");
    } catch {
      return {};
    }
  }

  function keepSettings(watch, props) {
    watch("value", () => local("settings", JSON.stringify(props.value || {})));
  }

  function setHome(watch, props) {
    watch("value", () => { home = props.value; });
  }

  function resume() {
    if (isLoaded && parts.chat) parts.chat.trigger("follow", {});
  }

  // --- markers and cards

  const isShown = (marker) => $(`[id="${marker.getAttribute("href").slice(1)}"]`) !== null;
  let waitingFor = null;
  let lastMarker = null;
  let followedAt = 0;

  function follow(marker) {
    lastMarker = marker.id;
    followedAt = Date.now();
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
    followedAt = Date.now();
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
  let drawnAt = 0;
  let isAsked = false; // from this page, and not shown yet

  // The sources beside the answers are those of the answer that is read.
  let reading = 0;
  function readOn() {
    clearTimeout(reading);
    reading = setTimeout(() => {
      if (Date.now() - followedAt < FOLLOWED_MS) return;
      if (isNarrow() || isWaiting() || $("#chat .stage") || !$("#chat")?.offsetParent) return;
      const line = innerHeight / 3;
      const turn = $$("#chat .turn").findLast((each) => each.getBoundingClientRect().top < line);
      const shown = $("#sources .sources")?.dataset.turn;
      const number = turn?.id.split("-")[1];
      if (number && shown && shown !== number) parts.chat.trigger("show", { turn: number });
    }, READ_AFTER_MS);
  }

  function threadChanged() {
    drawnAt = Date.now();
    if (!isWaiting()) isLoaded = true;
    const stage = $("#chat .turn:last-child .stage-text");
    const now = stage ? stage.textContent : $("#chat .turn") ? "The answer is there." : "";
    if (now !== told) say(now);
    told = now;
    const count = $$("#chat .turn").length;
    if (count > turns && (stage || isAsked)) showLastTurn();
    if (count > turns) isAsked = false;
    turns = count;
    answering(stage !== null);
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
  let isBrought = false; // what this page held before it was loaded anew

  const SHOWN = ".turn, .welcome:not(.is-waiting), .warning";
  const isWaiting = () => $("#chat") === null || $(SHOWN, $("#chat")) === null;

  let askedIn = null; // where the question on its way to the server was asked
  const toAsk = []; // one after the other, when the page goes on
  const toGiveBack = []; // into the input, when all these are asked

  // A question that this tab keeps over a reload, with where it belongs.
  function keep(name, text) {
    tab(name, text.trim() ? JSON.stringify({ text, conversation: current(), server: ownServer() }) : "");
  }

  function kept(name) {
    try {
      const told = JSON.parse(tab(name) || "{}");
      return { ...told, isHere: told.conversation === current() };
    } catch {
      return {};
    }
  }

  function asks(event) {
    if (isWaiting() || isAway) return hold(event);
    askedIn = here();
    if (input().value.trim()) keep("asked", input().value);
    if (kept("held").text === input().value) tab("held", "");
  }

  // A question on its way to the server; the input is free for the next one.
  function asked() {
    const where = askedIn || here();
    askedIn = null;
    isAsked = true;
    setTimeout(() => { write(""); askKept(); });
    return where;
  }

  function askKept() {
    if (toAsk.length) {
      write(toAsk.shift());
      setTimeout(submit);
    } else giveBack(...toGiveBack.splice(0));
  }

  function submit() {
    const button = $("#question .submit-button");
    if (button && !button.disabled) button.click();
    else setTimeout(submit, DRAWN_MS);
  }

  // The server has the question.
  function accept(watch) {
    watch("value", () => tab("asked", ""));
  }

  // The server gives the question back.
  function takeBack(watch, props) {
    watch("value", () => {
      tab("asked", "");
      giveBack((props.value || {}).text);
    });
  }

  const waiting = () => $$("#queue [data-question]").map((button) => button.dataset.question);

  function unseen(questions) {
    const plain = (text) => text.replace(/\s+/g, " ").trim();
    const shown = $$("#chat .question").map((each) => each.innerText);
    const known = new Set([...shown, ...waiting()].map(plain));
    return questions.filter((question) => question && !known.has(plain(question)));
  }

  function giveBack(...texts) {
    const lines = [...texts, input() && input().value].filter((text) => text && text.trim());
    if (texts.some(Boolean)) write(lines.join("\n\n"));
  }

  let isWriting = false; // the page itself, and not who reads it

  function write(text) {
    const field = input();
    if (!field || field.value === text) return;
    field.value = text;
    isWriting = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    isWriting = false;
  }

  // --- while an answer comes, Ask is Stop, until something is typed that can wait for its end

  function answering(is) {
    const composer = $("#composer");
    if (composer) composer.classList.toggle("is-answering", is);
    if (!is && document.activeElement === $("#stop-answer")) input().focus();
  }

  function addStop() {
    const button = document.createElement("button");
    button.id = "stop-answer";
    button.type = "button";
    button.textContent = "Stop";
    button.addEventListener("click", () => $("#chat [data-do='stop']").click());
    $("#question .input-container").append(button);
  }

  function hold(event) {
    event.preventDefault();
    event.stopPropagation();
    isHeld = input().value.trim() !== "";
    keep("held", input().value);
    count();
    say($("#counter").textContent);
  }

  function release() {
    isHeld = false;
    tab("held", "");
  }

  function goOn() {
    if (isAway) return;
    if (!isBrought) setTimeout(bringBack);
    else if (isHeld) setTimeout(submit);
    isBrought = true;
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
    counter.textContent = isHeld ? (isAway ? HELD_AWAY : HELD) : length >= most * CLOSE_TO_LIMIT ? size : "";
    counter.classList.toggle("is-full", length >= most);
    $("#composer").classList.toggle("has-text", field.value.trim() !== "");
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
    const isPlain = !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey && !$("#keys")?.open;
    const pressed = isPlain && SHORTCUTS[event.key];
    if (pressed) {
      event.preventDefault();
      pressed();
    }
    if (event.key === "Escape") escape();
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (isEnter && event.target === input()) asks(event);
  }

  // --- the keyboard: what can be pressed anywhere but in a field

  const KEYS = [
    ["/ or Ctrl K", "Write a question"],
    ["Enter", "Ask; Shift Enter begins a new line"],
    ["Esc", "Stop the answer, close what is open"],
    ["n", "New conversation"],
    ["c, l, s", "Chat, Library, Settings"],
    ["f", "Search conversations, or the papers in the Library"],
    ["Tab, Enter", "Go from marker to marker, and to its source"],
    ["?", "These keys"],
  ];

  const SHORTCUTS = {
    "?": () => showKeys(),
    n: () => { openTab("Chat"); $("#side .new").click(); input().focus(); },
    c: () => openTab("Chat"),
    l: () => openTab("Library"),
    s: () => openTab("Settings"),
    f: () => {
      const field = $("#library-search textarea, #library-search input");
      if (field && field.offsetParent) field.focus();
      else if ($("#side .find").offsetParent) $("#side .find").focus();
      else toggleSide(true);
    },
  };

  function showKeys() {
    let keys = $("#keys");
    if (!keys) {
      keys = document.createElement("dialog");
      keys.id = "keys";
      keys.setAttribute("aria-labelledby", "keys-title");
      const rows = KEYS.map(([key, does]) => `<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`).join("");
      keys.innerHTML = `<h2 id="keys-title">Keyboard</h2><dl>${rows}</dl><form method="dialog"><button class="primary">Close</button></form>`;
      ($(".gradio-container") || document.body).append(keys);
    }
    if (!keys.open) keys.showModal();
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
    await copyText(button.dataset.text);
    button.focus();
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), 1500);
  }

  async function copyText(text, told = "Copied") {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // an address that is not secure has no clipboard
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    tell(told);
  }

  // A word that goes by itself.
  function tell(text) {
    say("");
    setTimeout(() => say(`${text}.`));
    const told = document.createElement("p");
    told.className = "told";
    told.textContent = text;
    ($(".gradio-container") || document.body).append(told);
    setTimeout(() => told.remove(), 1800);
  }

  function unfold(button) {
    const isWhole = button.closest(".card").classList.toggle("is-whole");
    button.setAttribute("aria-expanded", String(isWhole));
    button.textContent = isWhole ? "Cited sentences only" : "Whole abstract";
  }

  // The rows of a table of papers by a column, and backwards at the next press; empty cells last.
  function sortRows(heading) {
    const [column, place] = [heading.closest("th"), Number(heading.dataset.sortRows)];
    const isBack = column.getAttribute("aria-sort") === "ascending";
    for (const each of column.parentElement.children) each.removeAttribute("aria-sort");
    column.setAttribute("aria-sort", isBack ? "descending" : "ascending");
    const body = heading.closest("table").tBodies[0];
    const text = (row) => row.cells[place].innerText.trim();
    const isEmpty = (row) => row.cells[place].querySelector(".empty") !== null;
    const rows = [...body.rows].sort((one, other) =>
      isEmpty(one) - isEmpty(other) || (isBack ? -1 : 1) * text(one).localeCompare(text(other), undefined, { numeric: true }));
    body.append(...rows);
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
    markCurrent();
    if ($("#side .find").value) find();
  }

  function markCurrent() {
    for (const button of $$("#side .open")) {
      if (button.dataset.conversation === onScreen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
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
    let status = 0;
    try {
      const answer = await fetch("gradio_api/app_id", { cache: "no-store" });
      status = answer.status;
      if (answer.ok) found = (await answer.json()).app_id;
    } catch { /* away */ }
    if (status === 401) isSignedOut();
    else if (found === null) away();
    else if (server !== null && found !== server) renew();
    else {
      server = found;
      if (isAway) isBack();
      else if (Date.now() - drawnAt > patience()) resume();
    }
    setTimeout(look, isAway ? 1000 : LOOK_EVERY_MS);
  }

  // How long the conversation on the screen may stay as it is.
  const patience = () =>
    $("#chat .stage") ? SILENT_MS : isLoaded && $("#chat .is-opening") ? OPENS_MS : Infinity;

  function away() {
    isAway = true;
    const box = $("#away");
    if (!box) return;
    box.textContent = "The server is not responding. The page reconnects by itself; nothing is lost.";
    box.hidden = false;
  }

  // Another tab that signs in again brings this one back, too.
  function isSignedOut() {
    isAway = true;
    const box = $("#away");
    if (!box) return;
    box.hidden = false;
    if (box.querySelector("a")) return;
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = "Sign in again";
    box.replaceChildren("Your session is over. ", again, "; what you asked is kept.");
  }

  function isBack() {
    isAway = false;
    $("#away").hidden = true;
    toGiveBack.push(...unseen([kept("asked").text]));
    tab("asked", "");
    if (!isHeld) giveBack(...toGiveBack.splice(0));
    resume();
    goOn();
  }

  const renew = () => location.reload();

  const ownServer = () => window.gradio_config && window.gradio_config.app_id;

  // What was typed, and what was asked or waited and is not known to the server now. What was held is
  // asked, and so is what was on its way to a server that is gone, which will not answer it any more.
  function bringBack() {
    if (!input()) return;
    const [sent, held] = [kept("asked"), kept("held")];
    const waited = tab("waiting") ? JSON.parse(tab("waiting")) : [];
    const isLost = sent.isHere && sent.server !== ownServer();
    const lost = unseen([sent.text, ...waited]);
    toAsk.push(...lost.filter((text) => isLost && text === sent.text));
    if (held.text && held.isHere) toAsk.push(held.text);
    else tab("held", "");
    const typed = toAsk.length ? [tab("typed"), input().value] : [tab("typed")];
    toGiveBack.push(...new Set([...lost, ...typed].filter((text) => text && !toAsk.includes(text))));
    tab("asked", "");
    tab("waiting", JSON.stringify(waiting()));
    askKept();
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
    const folded = closest(event, "[data-unfold]");
    if (folded) unfold(folded);
    if (closest(event, "#keys-open")) showKeys();
    const heading = closest(event, "[data-sort-rows]");
    if (heading) sortRows(heading);
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
    if (opener?.dataset.part) openTab(opener.dataset.part);
    if (closest(event, "[data-do='edit'], [data-do='fresh']") && input()) {
      setTimeout(() => { // unless something else is typed in meanwhile
        if (!document.activeElement.matches("input, textarea")) input().focus();
      }, 150);
    }
    const inside = closest(event, "details.menu");
    $$("details.menu[open]").forEach((menu) => { if (menu !== inside) menu.open = false; });
    if (closest(event, ".sheet :is([data-do='export'], [data-do='cite'], [data-do='again'], [data-do='limit'], [data-do='save'], [data-do='link'], [data-do='unlink'])")) inside.open = false;
  }, true);
  const shows = (event) => { const marker = closest(event, "a.marker"); if (marker) showTip(marker); };
  const hides = (event) => { if (closest(event, "a.marker")) hideTip(); };
  document.addEventListener("mouseover", shows);
  document.addEventListener("focusin", shows);
  document.addEventListener("mouseout", hides);
  document.addEventListener("focusout", hides);
  document.addEventListener("scroll", hideTip, true);
  addEventListener("scroll", readOn, { passive: true });
  document.addEventListener("keydown", keys, true);
  document.addEventListener("toggle", ({ target }) => {
    if (target.id && target.open) unfolded.add(target.id);
    else unfolded.delete(target.id);
  }, true);
  document.addEventListener("input", (event) => {
    if (event.target === input()) {
      if (!isWriting) release(); // it is still being written
      if (isBrought) tab("typed", input().value);
      count();
    }
  });
  // Gradio tells of each connection that a page closes as it goes as of an error.
  addEventListener("beforeunload", () => {
    const tell = console.error;
    console.error = () => {};
    setTimeout(() => { console.error = tell; }, 2000); // should the page stay
  });
  function begin() {
    const ready = new MutationObserver(() => {
      if (!input() || !$("#side-switch") || !$("#desk")) return;
      ready.disconnect();
      setSide(isNarrow() ? "" : local("side"));
      addStop();
      new ResizeObserver(keepAbove).observe($("#composer"));
      count();
      if (!isNarrow()) input().focus();
    });
    ready.observe(document.body, { childList: true, subtree: true });
    look();
  }
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();

  return { openTab, openConversation, askWithin, tabulate, session, keptSettings, keepSettings, passOn, offer, here, asked, isDrawn: () => !isWaiting(), accept, takeBack, setHome, draws, drawn, searchFrom, listChanged, markCurrent };
})();
