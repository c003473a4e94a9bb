(() => {
  const send = (id, value) => {
    const box = document.querySelector(`#${id} textarea, #${id} input`);
    if (!box) return;
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // The time makes two presses of the same button two values.
  const press = (what, which) =>
    send("library-pressed", JSON.stringify({ do: what, with: which, at: Date.now() }));

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-open], [data-sort]");
    if (!button) return;
    if (button.dataset.open !== undefined) press("open", button.dataset.open);
    else press("sort", button.dataset.sort);
  });

  // --- ticks

  function chosenIds() {
    const field = document.querySelector("#library-chosen textarea, #library-chosen input");
    return JSON.parse((field && field.value) || "[]");
  }

  document.addEventListener("change", ({ target }) => {
    if (!target.dataset) return;
    const isPage = target.dataset.choosePage !== undefined;
    if (!isPage && target.dataset.choose === undefined) return;
    const boxes = isPage ? [...document.querySelectorAll("table.papers [data-choose]")] : [target];
    const chosen = new Set(chosenIds());
    for (const box of boxes) {
      box.checked = target.checked;
      box.toggleAttribute("checked", box.checked);  // as the server writes it
      if (box.checked) chosen.add(box.dataset.choose);
      else chosen.delete(box.dataset.choose);
    }
    markPage();
    send("library-chosen", JSON.stringify([...chosen]));
  });

  function markPage() {
    const all = document.querySelector("table.papers [data-choose-page]");
    if (all) all.checked = !document.querySelector("table.papers [data-choose]:not(:checked)");
  }

  document.addEventListener("click", (event) => {
    const pressed = (selector) => event.target.closest && event.target.closest(selector);
    const these = pressed("[data-ask-these], [data-tabulate-these]");
    if (these && these.dataset.tabulateThese !== undefined) paperchat.tabulate(chosenIds());
    else if (these) paperchat.askWithin({ papers: JSON.stringify(chosenIds()) });
    const limit = pressed("[data-ask-limit]");
    if (limit) paperchat.askWithin({ [limit.dataset.askLimit]: limit.dataset.value });
  });

  // --- an address that is opened, or that back and forward lead to

  window.paperchatLibrary = { goTo: (told) => press("go", JSON.stringify(told)) };

  // Plotly makes its element after Gradio has put the chart in its place, and anew at each change.
  const tie = () => {
    for (const chart of document.querySelectorAll("#map .js-plotly-plot:not([data-tied])")) {
      if (!chart.on) continue;
      chart.dataset.tied = "";
      chart.on("plotly_click", (event) => press("open", event.points[0].customdata));
    }
  };
  // On a phone the opened paper lies below the table, its form and what was found below that.
  const REVEALED = ["#paper .opened", "#paper-form", "#paper-found"];
  const isAdded = (changes, selector) => changes.some((change) =>
    [...change.addedNodes].some((node) => node.querySelector && (node.matches(selector) || node.querySelector(selector))));
  const reveal = (changes) => {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const selector of REVEALED) {
      const part = isAdded(changes, selector.split(" ").at(-1)) && document.querySelector(selector);
      if (part && part.getBoundingClientRect().top > window.innerHeight - 80)
        part.scrollIntoView({ block: "start", behavior: isCalm ? "auto" : "smooth" });
    }
  };
  // Rows are changed in place, and a box that was ticked once no longer follows its attribute.
  const tick = (changes) => {
    for (const { target } of changes)
      if (target.dataset && target.dataset.choose !== undefined)
        target.checked = target.hasAttribute("checked");
    markPage();
  };
  new MutationObserver((changes) => { tie(); tick(changes); reveal(changes); })
    .observe(document.documentElement,
      { childList: true, subtree: true, attributes: true, attributeFilter: ["checked", "data-choose"] });
})();
