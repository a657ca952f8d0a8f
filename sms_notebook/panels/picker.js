// A combobox as the ARIA practices describe it: type, arrows, Enter, Tab, Escape, or the mouse.
// What strangers write becomes text only: textContent and value, never HTML.

const SHOWN = 60; // matches; whoever sees more types another letter

const fold = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

/** Return the indexes of the choices that fit, the best first. A choice is [value, label, words]. */
export function match(choices, typed) {
  const wanted = fold(typed);
  const ranked = [];
  choices.forEach(([, label, words], index) => {
    const place = rank(fold(label), words.map(fold), wanted);
    if (place < 5) ranked.push([place, wanted && label.length, index]);
  });
  ranked.sort((one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2]);
  return ranked.map(([place, , index]) => ({ index, whole: place === 0 }));
}

function rank(label, words, wanted) {
  if (wanted === label || words.includes(wanted)) return 0;
  if (label.startsWith(wanted)) return 1;
  if (words.some((word) => word.startsWith(wanted))) return 2;
  if (label.includes(` ${wanted}`)) return 3;
  const inside = wanted.length > 1 && words.some((word) => word.includes(wanted));
  return label.includes(wanted) || inside ? 4 : 5;
}

const element = (tag, properties, attributes = {}) => {
  const one = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
  return one;
};

function render({ model, el }) {
  const id = `smsn-picker-${Math.random().toString(36).slice(2)}`; // no picker knows of the others
  const choices = () => model.get("choices");
  const label = element("label", { htmlFor: id, textContent: model.get("description") });
  const list = element("ul", { id: `${id}-list`, className: "smsn-list", tabIndex: -1 }, {
    role: "listbox", popover: "manual", "aria-label": model.get("description"),
  });
  const field = element("input", {
    id, type: "text", autocomplete: "off", spellcheck: false, placeholder: model.get("placeholder"),
  }, {
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": list.id,
  });
  const told = element("span", { className: "smsn-unseen" }, { role: "status" });
  el.classList.add("smsn-picker");
  el.append(label, field, list, told);

  let found = []; // what the list shows
  let active = -1; // which of it Enter picks
  let typed = false; // since the last pick

  const isOpen = () => field.getAttribute("aria-expanded") === "true";
  const picked = () => choices().find(([value]) => value === model.get("value"));

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
    list.querySelectorAll("[role=option]").forEach((one, at) =>
      one.setAttribute("aria-selected", at === active));
    const one = list.children[active];
    if (one) one.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", one ? one.id : "");
  }

  function show(filter) {
    const all = match(choices(), filter);
    found = all.slice(0, SHOWN);
    const rows = found.map(({ index }, at) =>
      element("li", { id: `${list.id}-${at}`, textContent: choices()[index][1] }, { role: "option" }));
    const more = all.length - found.length;
    const note = !choices().length ? model.get("waiting") : !all.length ? "Nothing matches."
      : more ? `and ${more} more: type to find them` : "";
    if (note) rows.push(element("li", { className: "smsn-muted", textContent: note }));
    list.replaceChildren(...rows);
    told.textContent = all.length ? `${all.length} found` : note;
    highlight(typed && found.length ? 0 : found.findIndex(({ index }) =>
      choices()[index] === picked()));
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
    told.textContent = "";
  }

  function tell() { // the field shows what is picked
    typed = false;
    const [, text] = picked() ?? [null, ""];
    field.value = text;
    field.title = text;
  }

  function pick(choice) {
    close();
    const value = choice ? choice[0] : null;
    if (value !== model.get("value")) {
      model.set("value", value);
      model.save_changes();
    }
    tell();
    if (document.activeElement === field) field.select(); // the next key begins anew
  }

  /** Whoever leaves the field means what stands there, if it is one thing only. */
  function leave() {
    if (typed) {
      const all = match(choices(), field.value);
      const whole = all.filter((one) => one.whole);
      const sure = whole.length === 1 ? whole : all.length === 1 ? all : [];
      if (sure.length) return pick(choices()[sure[0].index]);
      if (!field.value.trim() && choices().length) return pick(null);
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
      if (found[active]) pick(choices()[found[active].index]);
      else leave();
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
      if (active < 0 && found.length) highlight(0);
    } else if (found.length) {
      const last = found.length - 1;
      const next = active + by;
      const around = Math.abs(by) === 1;
      highlight(next < 0 ? (around ? last : 0) : next > last ? (around ? 0 : last) : next);
    }
  }

  field.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      if (isOpen() && typed && field.value.trim() && found[active]) keys.Enter();
    } else if (keys[event.key] && (isOpen() || event.key.startsWith("Arrow") || typed)) {
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    }
  });
  field.addEventListener("input", () => {
    typed = true;
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
    if (row) pick(choices()[found[[...list.children].indexOf(row)].index]);
  });

  const refreshed = () => {
    if (!typed) tell();
    if (isOpen()) show(typed ? field.value : "");
  };
  model.on("change:choices", refreshed);
  model.on("change:value", tell);
  tell();
  return () => {
    close();
    model.off("change:choices", refreshed);
    model.off("change:value", tell);
  };
}

export default { render };
