// The row of a number in the grid: its cells, drawn anew each second where they changed.

import { duration } from "./clock.js";
import { button, element, isolated, set, write, writeBeside } from "./dom.js";

const contents = new WeakMap(); // cell → what is in it

/** Return what is in a cell; the first time it is made. */
function once(cell, make) {
  if (!contents.has(cell)) {
    const parts = make();
    contents.set(cell, parts);
    cell.append(...Object.values(parts));
  }
  return contents.get(cell);
}

const isHidden = (text) => text.includes("•••");

/** Tell whether a number has a code that can be copied. */
export const hasCode = (row) => Boolean(row?.code) && !isHidden(row.code);

/** Say how a number stands, in a few words. */
function stateOf(row, now, hasGone) {
  if (row.busy) return "Asking the provider…";
  if (row.scheduled === null) return row.state;
  if (hasGone) return "Not cancelled: this panel is gone";
  const left = row.scheduled - now;
  return left > 0 ? `Cancels in ${duration(left)}` : "Cancelling…";
}

/**
 * Return the columns of the grid.
 *
 * - clock: the provider's
 * - isSelected(row), isOpen(row): whether its box is ticked, whether its details are seen
 * - hasGone(): whether the kernel is gone
 * - act: { select, copy, again, finish, cancel, undo, details }, each called with the row
 */
export function numberColumns({ clock, isSelected, isOpen, hasGone, act }) {
  const rowOf = new WeakMap(); // cell → its row just now

  function drawBox(cell, row, isActive) {
    rowOf.set(cell, row);
    const { box } = once(cell, () => ({
      box: element("input", { type: "checkbox", onchange: () => act.select(rowOf.get(cell)) }),
    }));
    set(box, "aria-label", `Select ${row.number}`);
    set(box, "tabindex", isActive ? 0 : -1);
    box.checked = isSelected(row);
    set(cell.parentElement, "data-kind", row.kind);
  }

  function drawNumber(cell, row) {
    const { number, place } = once(cell, () => ({
      number: isolated("", { class: "smsn-number" }), place: isolated("", { class: "smsn-muted" }),
    }));
    write(number, row.number);
    write(place, row.place);
    set(cell, "title", `${row.number} · ${row.place} · id ${row.id}`);
  }

  function drawCode(cell, row) {
    const { code, earlier } = once(cell, () => ({
      code: isolated("", { class: "smsn-code" }), earlier: isolated("", { class: "smsn-muted" }),
    }));
    const last = row.codes.at(-1) ?? "";
    write(code, row.code);
    set(code, "data-long", row.code.length > 8);
    write(earlier, row.code ? "" : last ? `before: ${last}` : row.text);
    set(cell, "title", row.code || row.text || null);
  }

  function drawState(cell, row) {
    const { state, note } = once(cell, () => ({
      state: element("span", { class: "smsn-state" }), note: isolated("", { class: "smsn-note" }),
    }));
    write(state, stateOf(row, clock.now(), hasGone()));
    write(note, row.note);
    set(cell, "title", row.note || row.state);
  }

  function drawLeft(cell, row) {
    const { left, bar } = once(cell, () => ({
      left: element("span"),
      bar: element("span", { class: "smsn-bar", "aria-hidden": "true" }, element("i")),
    }));
    const seconds = row.ends_at === null ? null : Math.max(row.ends_at - clock.now(), 0);
    write(left, seconds === null ? "" : `${duration(seconds)} left`);
    bar.hidden = seconds === null || row.since === null;
    if (bar.hidden) return;
    const share = Math.min(seconds / Math.max(row.ends_at - row.since, 1), 1);
    bar.firstChild.style.width = `${Math.round(100 * share)}%`;
  }

  const BUTTONS = {
    copy: ["Copy code", "Copies the code (key C)"],
    again: ["Another code", "One more code, for free"],
    finish: ["Finish", "Confirms the code: the number is paid for"],
    cancel: ["Cancel", "The money comes back"],
    undo: ["Undo", "It is not cancelled"],
    details: ["Details", "All messages"],
  };

  function drawButtons(cell, row, isActive) {
    rowOf.set(cell, row);
    const buttons = once(cell, () => Object.fromEntries(Object.entries(BUTTONS).map(([name, [words, hint]]) =>
      [name, button(words, () => act[name](rowOf.get(cell)), { title: hint, class: `smsn-button smsn-${name}-button` })])));
    const focused = Object.values(buttons).find((node) => node.matches(":focus"));
    const isScheduled = row.scheduled !== null && !row.busy;
    const early = row.cancel_at === null ? 0 : row.cancel_at - clock.now();
    const isEarly = early > 0 && row.can.includes("cancel");
    writeBeside(buttons.cancel, isEarly ? ` (in ${duration(early)})` : "");
    set(buttons.cancel, "title", isEarly ? "Cancels it as soon as that is allowed" : BUTTONS.cancel[1]);
    set(buttons.copy, "disabled", !hasCode(row));
    for (const name of ["again", "finish", "cancel"]) set(buttons[name], "disabled", !row.can.includes(name));
    buttons.cancel.hidden = isScheduled;
    buttons.undo.hidden = !isScheduled;
    set(buttons.details, "aria-expanded", String(isOpen(row)));
    Object.values(buttons).forEach((node) => set(node, "tabindex", isActive ? 0 : -1));
    if (focused?.hidden) (isScheduled ? buttons.undo : buttons.cancel).focus();
    if (focused?.disabled) cell.parentElement.focus();
  }

  return [
    { key: "pick", title: "", draw: drawBox },
    { key: "number", title: "Number", sort: (row) => row.number, draw: drawNumber },
    { key: "code", title: "Code", sort: (row) => row.code || null, draw: drawCode },
    { key: "state", title: "State", sort: (row) => row.state, draw: drawState },
    { key: "left", title: "Time left", sort: (row) => row.ends_at, draw: drawLeft },
    { key: "buttons", title: "", draw: drawButtons },
  ];
}
