// The address of what is on the screen: each conversation, paper and set of filters has one, back and
// forward lead there, with the place that was scrolled to, and the tab's title says what it is.
(() => {
  const $ = (selector) => document.querySelector(selector);
  const SETTLES_MS = 4000; // how long a place that was gone to may take to be drawn
  const ASKED_EVERY_MS = 700;
  const PLACE = "paperchat.place";
  const TABS = { library: "Library", settings: "Settings" };
  const scrolled = new Map(); // where each address was scrolled to
  let goingTo = null; // the address that is being drawn
  let leaving = 0;
  let shown = location.search;
  let isFirst = true; // what a page opens with takes the place of the address that opened it
  let isReading = false; // whether the place that was read before a reload was gone back to
  let wanted = null; // where to scroll to, once it is drawn

  const selected = () => $("#tabs > .tab-wrapper [role=tab][aria-selected=true]")?.textContent.trim();

  // --- what is on the screen, as an address

  function current() {
    const tab = Object.keys(TABS).find((name) => TABS[name] === selected());
    if (tab === "library") return libraryAddress();
    if (tab) return `?tab=${tab}`;
    const talk = $("#chat .turn") ? paperchat.here().conversation : "";
    return talk ? `?conversation=${talk}` : "";
  }

  function libraryAddress() {
    const told = new URLSearchParams({ tab: "library" });
    const view = new URLSearchParams($("#library [data-view]")?.dataset.view || "");
    for (const [name, value] of view) told.set(name, value);
    const paper = $("#paper [data-paper]")?.dataset.paper;
    if (paper) told.set("paper", paper);
    return `?${told}`;
  }

  function title() {
    const tab = selected();
    if (tab !== "Chat") return (tab === "Library" && $("#paper .opened h3")?.textContent) || tab;
    const listed = $("#side .open[aria-current=true] bdi") || $("#chat .question");
    return $("#chat .turn") && listed ? listed.textContent.trim() : "";
  }

  const isDrawn = () => (selected() === "Chat" ? paperchat.isDrawn() : Boolean(selected()));

  function note() {
    if (!isDrawn()) return; // else the address would go before anything has read it
    goOnReading();
    const name = title();
    document.title = name ? `${name} · paperchat` : "paperchat";
    const now = current();
    if (goingTo !== null) {
      if (isSamePlace(now, goingTo)) arrived();
      return;
    }
    if (now === shown) return;
    const isSame = isFirst || onlyWords(now) === onlyWords(shown); // one entry for all letters of a search
    (isSame ? history.replaceState : history.pushState).call(history, null, "", now || location.pathname);
    isFirst = false;
    const isOtherTab = tabOf(now) !== tabOf(shown);
    shown = now;
    if (isOtherTab) scrollBack(now);
  }

  const tabOf = (address) => new URLSearchParams(address).get("tab") || "chat";

  const sorted = (address) => {
    const told = new URLSearchParams(address);
    told.sort();
    return String(told);
  };
  const isSamePlace = (one, other) => sorted(one) === sorted(other);

  const onlyWords = (address) => {
    const told = new URLSearchParams(address);
    for (const name of ["words", "p"]) told.delete(name);
    return told.has("tab") ? String(told) : address;
  };

  // --- back, forward, and an address that is opened

  function go(search) {
    const told = new URLSearchParams(search);
    const tab = TABS[told.get("tab")] || "Chat";
    goingTo = shown = search;
    clearTimeout(leaving);
    leaving = setTimeout(arrived, SETTLES_MS);
    paperchat.openTab(tab);
    if (tab === "Chat") paperchat.openConversation(told.get("conversation") || "");
    if (tab === "Library") ask(search, Object.fromEntries(told));
    setTimeout(note);
  }

  // The tab may not be there yet, or the library not ready: asked until it is drawn.
  function ask(search, told) {
    if (goingTo !== search) return;
    window.paperchatLibrary.goTo(told);
    setTimeout(() => ask(search, told), ASKED_EVERY_MS);
  }

  function arrived() {
    clearTimeout(leaving);
    isFirst = goingTo !== current(); // what is there in its place takes its address
    goingTo = null;
    scrollBack(shown);
    note();
  }

  // --- the place that was scrolled to

  // What is drawn twice is lower for a moment, and the place is lost: it can be held until all settles.
  function scrollBack(address, isHeld = false) {
    wanted = scrolled.get(address) ?? 0;
    const until = Date.now() + SETTLES_MS;
    const look = () => {
      if (wanted === null) return;
      const isThere = document.documentElement.scrollHeight - innerHeight >= wanted;
      if (isThere && scrollY !== wanted) scrollTo({ top: wanted, behavior: "instant" });
      if (Date.now() > until || (isThere && !isHeld)) wanted = null;
      else requestAnimationFrame(look);
    };
    look();
  }

  // A reload forgets all but this tab's own memory: the place that was read is kept there.
  function keepPlace() {
    try {
      sessionStorage.setItem(PLACE, JSON.stringify([shown, scrollY]));
    } catch { /* a browser that keeps nothing: a reload shows the beginning */ }
  }

  function goOnReading() {
    if (isReading) return;
    isReading = true;
    try {
      const [address, place] = JSON.parse(sessionStorage.getItem(PLACE) || "[]");
      sessionStorage.removeItem(PLACE); // a tab that is duplicated takes it along: once is enough
      if (address !== location.search) return;
      scrolled.set(address, place);
      if (goingTo === null) scrollBack(address, true);
    } catch { /* nothing was kept */ }
  }

  addEventListener("pagehide", keepPlace);
  addEventListener("scroll", () => {
    if (goingTo === null && wanted === null) scrolled.set(shown, scrollY);
  }, { passive: true });
  for (const event of ["wheel", "touchmove", "keydown", "pointerdown"])
    addEventListener(event, () => { wanted = null; }, { passive: true });
  addEventListener("popstate", () => go(location.search));
  history.scrollRestoration = "manual";

  // --- wiring: what is drawn is looked at once a frame

  let isLooking = false;
  const look = () => {
    if (isLooking) return;
    isLooking = true;
    queueMicrotask(() => { isLooking = false; note(); });
  };
  const begin = () => {
    const ready = new MutationObserver(() => {
      if (!selected() || !$("#desk")) return;
      ready.disconnect();
      if (new URLSearchParams(location.search).has("tab")) go(location.search);
      new MutationObserver(look).observe(document.body, {
        childList: true, subtree: true, attributes: true,
        attributeFilter: ["aria-selected", "aria-current", "data-view", "data-paper"],
      });
    });
    ready.observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
