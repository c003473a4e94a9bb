"use strict";
const records = JSON.parse(document.getElementById("records").textContent);
const PAGE = 25;
const PROBLEMS = {
  "": "all questions",
  any: "with a problem",
  retrieval: "right paper missed",
  citation: "right paper not cited",
  facts: "facts missing",
  support: "unsupported statement",
  abstention: "wrongly answered or abstained",
  error: "failed",
};
const byId = (id) => document.getElementById(id);
let shown = PAGE;

function make(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

function fill(select, options) {
  for (const [value, text] of Object.entries(options)) {
    const option = make("option", text);
    option.value = value;
    select.append(option);
  }
}

function matches(record) {
  const slice = byId("slice").value;
  const problem = byId("problem").value;
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  if (slice && !record.slices.includes(slice)) return false;
  if (problem === "any" ? !record.problems.length : problem && !record.problems.includes(problem)) return false;
  return words.every((word) => record.text.includes(word));
}

function prose(text) {
  return text.split("**").map((piece, place) => (place % 2 ? make("strong", piece) : piece));
}

function answerNode(record) {
  const node = make("p", undefined, "answer");
  let rest = record.answer;
  for (const [text, verdict] of record.doubtful) {
    const at = rest.indexOf(text);
    if (at < 0) continue;
    const mark = make("mark", text, verdict);
    mark.title = verdict;
    node.append(...prose(rest.slice(0, at)), mark);
    rest = rest.slice(at + text.length);
  }
  node.append(...prose(rest));
  return node;
}

function list(tag, items) {
  const node = make(tag);
  for (const [text, extra, name] of items) {
    const item = make("li", text, name);
    if (extra) item.append(" ", make("small", extra));
    node.append(item);
  }
  return node;
}

function part(parent, title, ...nodes) {
  parent.append(make("h3", title), ...nodes);
}

function body(record) {
  const node = make("div", undefined, "body");
  const left = make("div");
  const right = make("div");
  if (record.history.length) part(left, "Asked before", list("ol", record.history.map((text) => [text])));
  if (record.error) part(left, "Error", make("p", record.error));
  if (record.answer) part(left, record.status, answerNode(record));
  if (record.reference) part(left, "Reference", make("p", record.reference));
  if (record.missing.length) part(left, "Facts missing", list("ul", record.missing.map((text) => [text.replaceAll("|", " / ")])));
  if (record.judged.length) part(left, "Judge", list("ul", record.judged));
  if (record.gold.length) part(right, "Papers that answer", list("ul", record.gold.map((text) => [text])));
  if (record.hits.length) {
    part(right, "Found", list("ol", record.hits.map(([title, told, gold]) => [title, told, gold ? "gold" : ""])));
  }
  const scores = make("div", undefined, "scores");
  for (const [name, value] of Object.entries(record.scores)) scores.append(make("span", `${name} ${value}`));
  part(right, "Scores", scores);
  node.append(left, right);
  return node;
}

function row(record) {
  const node = make("details");
  const head = make("summary");
  head.append(make("code", record.key), make("span", record.question, "asked"));
  const tags = record.problems.map((problem) => make("span", PROBLEMS[problem], "tag"));
  head.append(...(tags.length ? tags : [make("span", "fine", "tag fine")]));
  node.append(head);
  node.addEventListener("toggle", () => {
    if (node.open && node.childElementCount === 1) node.append(body(record));
  });
  return node;
}

function show() {
  const found = records.filter(matches);
  byId("questions").replaceChildren(...found.slice(0, shown).map(row));
  byId("count").textContent = `${found.length} of ${records.length} questions, the worst first`;
  byId("more").hidden = found.length <= shown;
}

function restart() {
  shown = PAGE;
  show();
}

const slices = [...new Set(records.flatMap((record) => record.slices))];
fill(byId("slice"), Object.fromEntries(slices.map((name) => [name === "all" ? "" : name, name === "all" ? "all slices" : name.replace("kind:", "· ").replaceAll("_", " ")])));
fill(byId("problem"), PROBLEMS);
for (const id of ["search", "slice", "problem"]) byId(id).addEventListener("input", restart);
byId("more").addEventListener("click", () => { shown += PAGE; show(); });
byId("problem").value = records.some((record) => record.problems.length) ? "any" : "";
show();
