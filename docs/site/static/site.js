// Of every page: sortable tables, the choice of a version, one player at a time. No other host.
"use strict";

const LEAST_ROWS = 3;
const MEASURED = /\/(benchmarks|models)\//; // pages whose tables are sorted

/** The number that a cell begins with; NaN if it begins with none. */
function numberOf(text) {
  const found = text.trim().match(/^[^\d+\-−.]{0,2}([-+−]?[\d,]*\.?\d+(e-?\d+)?)/i);
  return found ? Number(found[1].replace("−", "-").replaceAll(",", "")) : NaN;
}

/** Compares two cells: numbers by size and before words, words by the alphabet. */
function compare(a, b) {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (Number.isNaN(x) && Number.isNaN(y)) return a.localeCompare(b);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
  return x - y;
}

/** Sorts a table by a column: first up, then down. */
function sortBy(table, heading) {
  const column = heading.cellIndex;
  const sign = heading.ariaSort === "ascending" ? -1 : 1;
  const body = table.tBodies[0];
  const text = (row) => row.cells[column]?.textContent ?? "";
  const rows = [...body.rows].sort((a, b) => sign * compare(text(a), text(b)));
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.ariaSort = sign > 0 ? "ascending" : "descending";
  body.append(...rows);
}

/** Puts a button into each heading of a table. */
function makeSortable(table) {
  const headings = table.tHead?.rows[0]?.cells ?? [];
  table.classList.add("sortable");
  if (!table.tBodies[0] || table.tBodies[0].rows.length < LEAST_ROWS) return;
  for (const heading of headings) {
    if (!heading.textContent.trim()) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.title = "Sort by this column";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading));
    heading.append(button);
  }
}

/** Fills the list of versions from a file beside this version's folder. */
async function listVersions(select) {
  const list = new URL(select.dataset.versions, location.href);
  const names = await (await fetch(list)).json();
  const now = select.value;
  select.replaceChildren(...names.map((name) => new Option(name, name, false, name === now)));
  select.disabled = false;
  select.addEventListener("change", () => {
    location.href = new URL(`${select.value}/index.html`, list);
  });
}

/** Lets the keyboard scroll what is wider than its box. */
function reachByKeyboard() {
  for (const box of document.querySelectorAll("pre")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

// A signature's arguments on lines of their own are no list of definitions for a screen reader.
document.querySelectorAll("dt.sig dl, dt.sig dd").forEach((part) => { part.role = "none"; });

reachByKeyboard();
addEventListener("resize", reachByKeyboard);
if (MEASURED.test(location.pathname)) {
  document.querySelectorAll("article table").forEach(makeSortable);
}
if (location.protocol !== "file:") {
  document.querySelectorAll("[data-versions]").forEach((s) => listVersions(s).catch(() => {}));
}
document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio")) {
    if (other !== event.target) other.pause();
  }
}, true);
