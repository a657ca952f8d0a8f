// Elements, made and changed. What strangers write becomes text only: never HTML.

/** Set an attribute; null, undefined and false take it away. */
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value === true ? "" : value);
  }
}

/** Make an element. `onclick` and the like are listeners; everything else is an attribute. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else set(node, name, value);
  }
  node.append(...children);
  return node;
}

/** Write text where it is another one: a live region that says the same anew would be read twice. */
export function write(node, text) {
  const words = text ?? "";
  if (node.textContent !== words) node.textContent = words;
}

/** Make text of strangers that cannot turn the direction of what stands around it. */
export function isolated(text, attributes = {}) {
  return element("bdi", attributes, text ?? "");
}

/** Make a button; `act` is called with the event. */
export function button(words, act, attributes = {}) {
  return element("button", { type: "button", class: "smsn-button", onclick: act, ...attributes }, words);
}

/** Write on a button what is no part of its name, such as a time that runs; returns where it stands. */
export function writeBeside(node, text) {
  if (!node.lastElementChild) node.append(element("span", { "aria-hidden": "true" }));
  write(node.lastElementChild, text);
  return node.lastElementChild;
}

/** Put a label above a field; returns the element that holds both. */
export function labelled(label, field, attributes = {}) {
  field.id ||= unique("field");
  const root = element("div", { class: "smsn-field", ...attributes });
  root.append(element("label", { for: field.id }, label), field);
  return root;
}

/** Return an id that no other panel has. */
export function unique(kind) {
  return `smsn-${kind}-${Math.random().toString(36).slice(2)}`;
}

/** Return text to look for: without case and accents. */
export function fold(text) {
  return String(text ?? "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

/** Put children into a node in this order, and touch only what is elsewhere: focus stays. */
export function arrange(node, children) {
  let at = node.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else node.insertBefore(child, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Copy text; returns whether that worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { class: "smsn-unseen", "aria-hidden": "true" });
    const focused = document.activeElement;
    field.value = text; // where the page is not a secure one
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus?.();
    return done;
  }
}
