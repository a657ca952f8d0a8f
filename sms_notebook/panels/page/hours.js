// A field for hours.

import { button, element, labelled, set, write } from "./dom.js";

/** Return the hours that come next, up or down: those that can be had, or whole days from a day on. */
function step(value, by, { fixed, least, most }) {
  if (fixed.length) {
    const all = by > 0 ? fixed : [...fixed].reverse();
    return all.find((each) => (by > 0 ? each > value : each < value)) ?? value;
  }
  const isDays = by > 0 ? value >= 24 : value > 24;
  const next = !isDays ? value + by : (Math.floor(value / 24) + (by < 0 && value % 24 ? 0 : by)) * 24;
  return Math.min(Math.max(next, least), most);
}

/**
 * Make a field for hours: typed, stepped by the arrow keys, or by its two buttons.
 *
 * `hours` is { fixed, least, most, first }; `changed(value)` gets whole hours, or null for what is
 * none. Returns { root, field, value(), set(value) }.
 */
export function createHours(label, hours, changed) {
  const field = element("input", {
    type: "number", step: "any", min: hours.least, max: hours.most, autocomplete: "off",
  });
  const less = button("−", () => move(-1), { "aria-label": `Fewer: ${label}`, tabindex: -1 });
  const more = button("+", () => move(1), { "aria-label": `More: ${label}`, tabindex: -1 });
  const root = labelled(label, field);
  const note = element("span", { class: "smsn-muted smsn-note", id: `${field.id}-note` });
  root.append(element("div", { class: "smsn-hours" }, field, less, more), note);
  set(field, "aria-describedby", note.id);

  function value() {
    const typed = Number(field.value);
    const { fixed, least, most } = hours;
    const isRight = fixed.length ? fixed.includes(typed) : Number.isInteger(typed) && typed >= least && typed <= most;
    return isRight ? typed : null;
  }

  function tell() {
    const isRight = value() !== null;
    const { fixed, least, most } = hours;
    set(field, "aria-invalid", isRight ? null : "true");
    write(note, isRight ? "" : fixed.length ? `Hours can be ${fixed.join(", ")}.` : `Whole hours from ${least} to ${most}.`);
    note.hidden = isRight;
  }

  function report() {
    tell();
    changed(value());
  }

  function move(by) {
    if (field.disabled) return;
    field.value = step(Number(field.value) || hours.least, by, hours);
    report();
  }

  field.addEventListener("input", report);
  field.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by || event.altKey) return;
    event.preventDefault();
    move(by);
  });
  return {
    root,
    field,
    value,
    set(next) {
      if (Number(field.value) === next && field.value !== "") return;
      field.value = next;
      tell();
    },
  };
}
