// The messages of a rent, the newest first: they come from strangers.

import { arrange, button, copy, element, isolated, write } from "./dom.js";
import { moment } from "./words.js";

/** Make the list: { root, show(messages, total) }. */
export function createMessages() {
  const list = element("ul", { role: "list", "aria-label": "Messages", class: "smsn-messages", tabindex: 0 });
  const note = element("p", { class: "smsn-muted" });
  const root = element("div", {}, list, note);
  const items = new Map(); // id → { node, update }

  function item() {
    const code = element("bdi", { class: "smsn-code" });
    const done = element("span", { class: "smsn-muted", "aria-live": "polite" });
    const copied = button("Copy code", async () => {
      const isDone = await copy(code.textContent || text.textContent);
      write(done, isDone ? "Copied" : "It could not be copied: select it");
    });
    const from = isolated("");
    const at = element("span", { class: "smsn-muted" });
    const text = element("bdi", { class: "smsn-text" });
    const head = element("div", { class: "smsn-line" }, code, at, element("span", { class: "smsn-muted" }, "from ", from), copied, done);
    const node = element("li", {}, head, text);
    return {
      node,
      update(message) {
        write(code, message.code);
        code.hidden = !message.code;
        write(copied, message.code ? "Copy code" : "Copy text");
        write(from, message.sender);
        from.parentNode.hidden = !message.sender;
        write(at, moment(message.at));
        write(text, message.text);
      },
    };
  }

  return {
    root,
    show(messages, total) {
      const keys = new Set(messages.map(({ id }) => id));
      for (const key of items.keys()) if (!keys.has(key)) items.delete(key);
      for (const message of messages) {
        if (!items.has(message.id)) items.set(message.id, item());
        items.get(message.id).update(message);
      }
      arrange(list, messages.map(({ id }) => items.get(id).node));
      list.hidden = !messages.length;
      const older = total - messages.length;
      write(note, !messages.length ? "No messages yet: they appear here by themselves." : older > 0 ? `and ${older} older` : "");
      note.hidden = !note.textContent;
    },
  };
}
