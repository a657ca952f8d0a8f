// A combobox as the ARIA practices describe it: type, arrows, Enter, Tab, Escape, or the mouse.

import { element, fold, set, unique } from "./dom.js";

const MOST_MATCHES = 60; // matches; whoever sees more types another letter

/** Return the indexes of the choices that fit, the best first. A choice is [value, label, words]. */
export function match(choices, typed) {
  const wanted = fold(typed);
  const ranked = [];
  choices.forEach(([, label, words], index) => {
    const place = rank(fold(label), words.map(fold), wanted);
    if (place < 5) ranked.push([place, wanted && label.length, index]);
  });
  ranked.sort((left, right) => left[0] - right[0] || left[1] - right[1] || left[2] - right[2]);
  return ranked.map(([place, , index]) => ({ index, whole: place === 0 }));
}

/** Return how well folded names fit what is typed: 0 is the whole, 5 not at all. */
export function rank(label, words, wanted) {
  if (wanted === label || words.includes(wanted)) return 0;
  if (label.startsWith(wanted)) return 1;
  if (words.some((word) => word.startsWith(wanted))) return 2;
  if (label.includes(` ${wanted}`)) return 3;
  const inside = wanted.length > 1 && words.some((word) => word.includes(wanted));
  return label.includes(wanted) || inside ? 4 : 5;
}

/**
 * Make a field that finds what is typed.
 *
 * - label, hint: its name, and what can be typed
 * - picked(value): called with what is picked; null where nothing is chosen any more
 *
 * Returns { root, field, update({ choices, value, waiting, hint, isFree, isLoading }), destroy() }. A choice is
 * [value, label, words]; `waiting` is shown while there are none; with `isFree` any other word that
 * is typed is one too. While they are loaded, `isLoading`, what is typed waits for them.
 */
export function createCombobox({ label, hint, picked: tellPicked }) {
  const id = unique("combobox"); // no field knows of the others
  let choices = [];
  let value = null;
  let waiting = "Loading…";
  let isFree = false;
  let isLoading = false;
  let isEntered = false; // Enter was pressed before there was anything to choose from
  const list = element("ul", {
    id: `${id}-list`, class: "smsn-list", tabindex: -1, role: "listbox", popover: "manual",
    "aria-label": label,
  });
  const field = element("input", {
    id, type: "text", autocomplete: "off", spellcheck: "false", placeholder: hint,
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": list.id,
  });
  const status = element("span", { class: "smsn-unseen", "aria-live": "polite" });
  const root = element("div", { class: "smsn-field" },
    element("label", { for: id }, label), field, list, status);

  let matches = []; // what the list shows
  let active = -1; // which of it Enter picks
  let typed = false; // since the last pick

  const isOpen = () => field.getAttribute("aria-expanded") === "true";
  const picked = () => choices.find(([key]) => key === value)
    ?? (isFree && value ? [value, value, []] : undefined);

  function place() {
    const { left, top, bottom, width } = field.getBoundingClientRect();
    const below = innerHeight - bottom;
    const up = below < 200 && top > below;
    Object.assign(list.style, {
      left: `${left}px`, minWidth: `${width}px`, maxWidth: `calc(100vw - ${left}px - 8px)`,
      top: up ? "auto" : `${bottom + 2}px`, bottom: up ? `${innerHeight - top + 2}px` : "auto",
      maxHeight: `${Math.min(Math.max(up ? top : below, 60) - 12, 280)}px`,
    });
  }

  function highlight(index) {
    active = index;
    list.querySelectorAll("[role=option]").forEach((option, at) =>
      set(option, "aria-selected", String(at === active)));
    const option = list.children[active];
    if (option) option.scrollIntoView({ block: "nearest" });
    set(field, "aria-activedescendant", option?.id);
  }

  function show(filter) {
    const all = match(choices, filter);
    matches = all.slice(0, MOST_MATCHES);
    const rows = matches.map(({ index }, at) =>
      element("li", { id: `${list.id}-${at}`, role: "option" }, choices[index][1]));
    const more = all.length - matches.length;
    const note = isFree && !all.length ? "Enter takes the word as it is."
      : !choices.length ? waiting : !all.length ? "Nothing matches."
      : more ? `and ${more} more: type to find them` : "";
    if (note) rows.push(element("li", { class: "smsn-muted" }, note));
    list.replaceChildren(...rows);
    status.textContent = all.length ? `${all.length} found` : note;
    highlight(typed && matches.length ? 0 : matches.findIndex(({ index }) =>
      choices[index] === picked()));
  }

  function open() {
    if (isOpen()) return;
    field.setAttribute("aria-expanded", "true");
    list.showPopover?.();
    place();
    addEventListener("scroll", place, true);
    addEventListener("resize", place);
  }

  function close() {
    if (!isOpen()) return;
    field.setAttribute("aria-expanded", "false");
    if (list.isConnected) list.hidePopover?.();
    removeEventListener("scroll", place, true);
    removeEventListener("resize", place);
    list.replaceChildren();
    highlight(-1);
    status.textContent = "";
  }

  function tell() { // the field shows what is picked
    typed = isEntered = false;
    const [, text] = picked() ?? [null, ""];
    field.value = text;
    field.title = text;
  }

  function pick(choice) {
    close();
    const before = value;
    value = choice ? choice[0] : null;
    tell();
    if (value !== before) tellPicked(value);
    if (field.matches(":focus")) field.select(); // the next key begins anew
  }

  /** Whoever leaves the field means what stands there, if it is one thing only. */
  function leave() {
    if (typed && isLoading && field.value.trim()) return close();
    if (typed) {
      const all = match(choices, field.value);
      const whole = all.filter((item) => item.whole);
      const sure = whole.length === 1 ? whole : all.length === 1 ? all : [];
      if (sure.length) return pick(choices[sure[0].index]);
      const word = field.value.trim();
      if (!word && (choices.length || isFree)) return pick(null);
      if (isFree) return pick([word, word, []]);
    }
    close();
    tell();
  }

  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => step(8),
    PageUp: () => step(-8),
    Enter() {
      if (matches[active]) pick(choices[matches[active].index]);
      else leave();
      isEntered = typed;
    },
    Escape() {
      close();
      tell();
    },
  };

  function step(by) {
    if (!isOpen()) {
      open();
      show(typed ? field.value : "");
      if (active < 0 && matches.length) highlight(0);
    } else if (matches.length) {
      const last = matches.length - 1;
      const next = active + by;
      const around = Math.abs(by) === 1;
      highlight(next < 0 ? (around ? last : 0) : next > last ? (around ? 0 : last) : next);
    }
  }

  field.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      if (isOpen() && typed && field.value.trim() && matches[active]) keys.Enter();
    } else if (keys[event.key] && (isOpen() || event.key.startsWith("Arrow") || typed)) {
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    }
  });
  field.addEventListener("input", () => {
    typed = true;
    isEntered = false;
    open();
    show(field.value);
  });
  field.addEventListener("focus", () => field.select());
  field.addEventListener("click", () => {
    if (isOpen()) return;
    open();
    show("");
  });
  field.addEventListener("blur", leave);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) pick(choices[matches[[...list.children].indexOf(row)].index]);
  });

  return {
    root,
    field,
    update(next) {
      choices = next.choices ?? [];
      waiting = next.waiting ?? waiting;
      isFree = next.isFree ?? isFree;
      if (next.hint !== undefined) set(field, "placeholder", next.hint);
      value = next.value ?? null;
      const hasCome = isLoading && !next.isLoading;
      isLoading = next.isLoading ?? false;
      const [best] = hasCome && isEntered ? match(choices, field.value) : [];
      if (best) return void queueMicrotask(() => pick(choices[best.index])); // once all is drawn
      if (hasCome && typed && !field.matches(":focus")) return void queueMicrotask(leave); // likewise
      if (!typed) tell();
      if (isOpen()) show(typed ? field.value : "");
    },
    destroy: close,
  };
}
