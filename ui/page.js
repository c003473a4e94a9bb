document.addEventListener("click", (event) => {
  const marker = event.target.closest && event.target.closest('a[href^="#source-"]');
  if (!marker) return;
  event.preventDefault();
  const card = document.getElementById(marker.getAttribute("href").slice(1));
  if (!card) return;
  document.querySelectorAll(".card.is-shown").forEach((other) => other.classList.remove("is-shown"));
  card.classList.add("is-shown");
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  card.focus({ preventScroll: true });
}, true);
