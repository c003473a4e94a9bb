// Keeps the chosen theme. It runs before the page is drawn, so that it never flashes in another.
(() => {
  const NAME = "paperchat-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const read = () => { try { return localStorage.getItem(NAME); } catch { return null; } };
  const chosen = () => (["light", "dark"].includes(read()) ? read() : "system");
  const isDark = () => (chosen() === "system" ? system.matches : chosen() === "dark");
  const style = document.createElement("style");
  const apply = () => {
    const dark = isDark();
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    // The bars around an installed page take the page's colour, whatever the system has chosen.
    for (const colour of document.querySelectorAll("meta[name=theme-color]")) {
      colour.dataset.own ||= colour.content;
      const own = document.querySelector(`meta[name=theme-color][media*=${dark ? "dark" : "light"}]`);
      colour.content = chosen() === "system" ? colour.dataset.own : own.dataset.own || own.content;
    }
    style.textContent = dark
      ? "body { background: var(--bg-dark) !important; color: var(--col-dark); }"
      : "body { background: var(--bg) !important; color: var(--col); }";
    if (document.body && document.body.classList.contains("dark") !== dark)
      document.body.classList.toggle("dark", dark);
  };
  document.addEventListener("change", (event) => {
    const name = event.target.dataset && event.target.dataset.themeChoice;
    if (!name) return;
    try { localStorage.setItem(NAME, name); } catch { /* it holds until the page is closed */ }
    apply();
  });
  const mark = () => {
    for (const box of document.querySelectorAll("[data-theme-choice]:not([data-marked])")) {
      box.dataset.marked = "";
      box.checked = box.dataset.themeChoice === chosen();
    }
  };
  document.head.append(style);
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    // Gradio sets the class by itself when it starts.
    new MutationObserver(apply).observe(document.body, { attributeFilter: ["class"] });
    new MutationObserver(mark).observe(document.body, { childList: true, subtree: true });
  });
})();
