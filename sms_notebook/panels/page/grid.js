// A grid with sortable columns, of which only those rows are drawn that are seen.

import { arrange, element, set, write } from "./dom.js";

const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

/**
 * Make a grid.
 *
 * - label: its accessible name
 * - columns: [{ key, title, hint, numeric, sort(row), text(row), draw(cell, row) }]; one without
 *   `sort` is not sorted by; `draw(cell, row, isActive)` fills a cell that stays the same element
 *   for a row; Tab comes to the active row
 * - widths: the columns as CSS knows them, such as "2fr 80px"
 * - id(row), name(row): the key of a row, and what it is called
 * - choose(row): called on a click or Enter; rows have `aria-selected` then
 * - sorted({ key, down }): called when a person sorts; null is the order of the rows themselves
 * - kind: a class for its rows' height and look
 * - more: how many rows are drawn above and below what is seen
 *
 * Returns { root, show(rows), select(id), sort(order), say(words), first(), enter(), redraw(),
 * focus(id, inside), toTop(), destroy() }.
 */
export function createGrid({
  label, columns, widths, id, name, choose, sorted = () => {}, kind = "", empty = "", more = 6,
}) {
  const head = element("div", { role: "row", class: "smsn-grid-row smsn-grid-head", "aria-rowindex": 1 });
  const space = element("div", { class: "smsn-grid-space", role: "presentation" });
  const body = element("div", { class: "smsn-grid-body", role: "rowgroup" }, space);
  const nothing = element("p", { class: "smsn-muted", hidden: true }, empty);
  const table = element("div", { role: "grid", "aria-label": label, class: "smsn-grid-table" },
    element("div", { role: "rowgroup" }, head), body);
  const root = element("div", { class: `smsn-grid ${kind}` }, table, nothing);
  root.style.setProperty("--smsn-columns", widths);

  let rows = []; // as they came
  let sortedRows = []; // as they are sorted
  let order = null; // { key, down }
  let selected = null;
  let active = null; // the id of the row that Tab comes to
  const drawn = new Map(); // id → element
  const headers = columns.map((column) => header(column));
  head.append(...headers);

  function header({ key, title, hint, numeric, sort }) {
    const cell = element("div", {
      role: "columnheader", class: `smsn-cell-${key}${numeric ? " smsn-numeric" : ""}`, title: hint,
    }, title);
    if (!sort) return cell;
    const clicked = () => {
      const isSame = order?.key === key;
      order = isSame && order.down ? null : { key, down: isSame };
      sorted(order);
      arrangeRows();
    };
    set(cell, "tabindex", 0);
    set(cell, "aria-sort", "none");
    cell.addEventListener("click", clicked);
    cell.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      clicked();
    });
    return cell;
  }

  /** Compare two values of a column; what is not known stands last, up or down. */
  function compare(left, right, down) {
    const [none, other] = [left ?? null, right ?? null].map((value) => value === null);
    if (none || other) return none - other;
    const by = typeof left === "number" ? left - right : String(left).localeCompare(String(right));
    return down ? -by : by;
  }

  function arrangeRows() {
    const column = columns.find(({ key }) => key === order?.key);
    sortedRows = [...rows];
    if (column) sortedRows.sort((left, right) => compare(column.sort(left), column.sort(right), order.down));
    columns.forEach(({ key, sort }, at) => {
      const isBy = key === order?.key;
      if (sort) set(headers[at], "aria-sort", !isBy ? "none" : order.down ? "descending" : "ascending");
    });
    set(table, "aria-rowcount", sortedRows.length + 1);
    nothing.hidden = sortedRows.length > 0 || !nothing.textContent;
    table.hidden = !sortedRows.length && Boolean(nothing.textContent);
    draw();
  }

  const height = () => parseFloat(getComputedStyle(root).getPropertyValue("--smsn-row")) || 32;

  function draw() {
    const each = height();
    space.style.height = `${sortedRows.length * each}px`;
    const first = Math.max(Math.floor(body.scrollTop / each) - more, 0);
    const last = Math.min(first + Math.ceil((body.clientHeight || 400) / each) + 2 * more, sortedRows.length);
    const activeAt = Math.max(sortedRows.findIndex((row) => id(row) === active), 0);
    const wanted = [];
    for (let at = first; at < last; at += 1) wanted.push(drawRow(sortedRows[at], at, each, at === activeAt));
    const focused = [...drawn.values()].find((node) => node.matches(":focus, :focus-within"));
    const key = focused?.dataset.key;
    const at = key === undefined ? -1 : sortedRows.findIndex((row) => String(id(row)) === key);
    if (at >= 0 && (at < first || at >= last)) { // scrolled away: it keeps the focus
      wanted[at < first ? "unshift" : "push"](drawRow(sortedRows[at], at, each, at === activeAt));
    }
    const holder = focused?.matches(":focus") ? focused : focused?.querySelector(":focus");
    arrange(space, wanted);
    if (holder?.isConnected && !holder.matches(":focus")) holder.focus({ preventScroll: true }); // it was moved
    for (const [key, node] of drawn) if (!node.isConnected) drawn.delete(key);
  }

  function drawRow(row, at, each, isActive) {
    const key = String(id(row));
    let node = drawn.get(key);
    if (!node) {
      node = element("div", { role: "row", class: "smsn-grid-row", "data-key": key });
      node.append(...columns.map(({ numeric, key: column }) => element("div", {
        role: "gridcell", class: `smsn-cell-${column}${numeric ? " smsn-numeric" : ""}`,
      })));
      drawn.set(key, node);
    }
    node.style.top = `${at * each}px`;
    set(node, "aria-rowindex", at + 2);
    set(node, "aria-label", name(row));
    set(node, "tabindex", isActive ? 0 : -1);
    if (choose) set(node, "aria-selected", String(key === String(selected)));
    columns.forEach((column, index) => {
      const cell = node.children[index];
      if (column.draw) column.draw(cell, row, isActive);
      else write(cell, column.text(row));
    });
    return node;
  }

  function moveTo(at) {
    const index = Math.min(Math.max(at, 0), sortedRows.length - 1);
    if (index < 0) return;
    const key = id(sortedRows[index]);
    active = key;
    const each = height();
    const top = index * each;
    if (top < body.scrollTop) body.scrollTop = top;
    else if (top + each > body.scrollTop + body.clientHeight) {
      body.scrollTop = top + each - body.clientHeight;
    }
    draw(); // a row that keeps the focus while it is moved is the active one again
    drawn.get(String(key))?.focus({ preventScroll: true });
  }

  const rowOf = (event) => {
    const node = event.target instanceof Element ? event.target.closest("[data-key]") : null;
    return node && space.contains(node) ? sortedRows.find((row) => String(id(row)) === node.dataset.key) : undefined;
  };

  space.addEventListener("click", (event) => {
    const row = rowOf(event);
    if (!row || !choose || event.target.closest("button, a, input, select, audio")) return;
    active = id(row);
    choose(row);
  });
  space.addEventListener("focusin", (event) => {
    const row = rowOf(event);
    if (!row || id(row) === active) return;
    active = id(row);
    draw();
  });
  space.addEventListener("keydown", (event) => {
    const row = rowOf(event);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = sortedRows.indexOf(row);
    const isRow = event.target.matches("[data-key]");
    if (event.target.matches("input, select, audio") && !isRow) return;
    if (event.key in MOVES) moveTo(at + MOVES[event.key]);
    else if (event.key === "Home") moveTo(0);
    else if (event.key === "End") moveTo(sortedRows.length - 1);
    else if (isRow && choose && (event.key === "Enter" || event.key === " ")) choose(row);
    else return;
    event.preventDefault();
  });
  body.addEventListener("scroll", draw, { passive: true });
  const resized = new ResizeObserver(draw);
  resized.observe(body);

  return {
    root,
    /** Show rows, in this order unless a person sorted them. */
    show(next) {
      rows = next;
      arrangeRows();
    },
    /** Mark a row as chosen; null for none. */
    select(key) {
      selected = key;
      if (key !== null && key !== undefined) active = key;
      draw();
    },
    sort(next) {
      order = next;
      arrangeRows();
    },
    /** Say what stands there instead of no rows. */
    say(words) {
      write(nothing, words);
      arrangeRows();
    },
    /** Return the row that stands first. */
    first: () => sortedRows[0],
    /** Focus the row that Tab comes to. */
    enter: () => moveTo(Math.max(sortedRows.findIndex((row) => id(row) === active), 0)),
    redraw: draw,
    /** Go to a row, or to something in it. */
    focus(key, inside) {
      moveTo(sortedRows.findIndex((row) => id(row) === key));
      if (inside) drawn.get(String(key))?.querySelector(inside)?.focus();
    },
    toTop() {
      body.scrollTop = 0;
    },
    destroy: () => resized.disconnect(),
  };
}
