// The details of a number: all its messages, and recordings that play on a click.

import { createCombobox } from "./combobox.js";
import { arrange, button, element, isolated, set, unique, write } from "./dom.js";

const LANGUAGES = { // offered for hearing a call again; the provider says which it takes
  en: "English", ru: "Russian", es: "Spanish", pt: "Portuguese", de: "German", fr: "French", it: "Italian",
  tr: "Turkish", zh: "Chinese", ja: "Japanese", ar: "Arabic", hi: "Hindi",
};
const LINK = /https?:\/\/[^\s<>"'`]+/gi;

/** Write a text of strangers; in it an address that is http or https can be clicked. */
function linked(text) {
  const root = isolated("", { class: "smsn-text", dir: "auto" });
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    root.append(text.slice(at, match.index), anchor(match[0]));
    at = match.index + match[0].length;
  }
  root.append(text.slice(at));
  return root;
}

function anchor(address) {
  if (!URL.canParse?.(address)) return address;
  return element("a", {
    href: address, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr",
  }, address);
}

/** Make a recording: nothing is fetched before somebody wants to hear it. */
function recording(address) {
  const root = element("div", { class: "smsn-line" });
  const play = button("Play recording", () => {
    const audio = element("audio", { controls: true, preload: "none", src: address });
    root.replaceChildren(audio);
    audio.play()?.catch?.(() => {}); // it can be started by hand
    audio.focus();
  });
  root.append(play);
  return root;
}

/**
 * Make the region below a number's row: { root, update(details, row), focus(), destroy() }.
 *
 * - closed(): called when it is to be closed
 * - copied(text, what): called to copy a code, or the number
 */
export function createDetails(context, { closed, copied }) {
  const id = unique("details");
  const title = element("h4", { id, tabindex: -1 });
  const number = button("Copy number", () => copied(`+${row.bare}`, "number"));
  const facts = element("p", { class: "smsn-muted" });
  const list = element("ul", { class: "smsn-messages", "aria-label": "Messages", role: "list" });
  const none = element("p", { class: "smsn-muted" });
  let language = "en";
  const languages = createCombobox({
    label: "Language", hint: "Name or code", picked: (code) => { language = code; update(); },
  });
  const again = button("Hear again", () =>
    context.ask("watch", "hear", { ref: current.id, language }));
  const hearing = element("div", { class: "smsn-line smsn-hearing" }, languages.root, again);
  const root = element("section", { class: "smsn-opened", "aria-labelledby": id, hidden: true },
    element("div", { class: "smsn-line" }, title, number, button("Close details", closed)),
    facts, list, none, hearing);
  root.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && closed());
  let current = null;
  let row = null;
  const drawn = new Map(); // message → element

  const when = (seconds) => (seconds === null ? ""
    : new Date(1000 * seconds).toLocaleString([], { dateStyle: "short", timeStyle: "medium" }));

  function message({ code, text, from, at, recording: address, address: words }) {
    const line = element("div", { class: "smsn-line" });
    if (code) {
      line.append(isolated(code, { class: "smsn-code" }));
      if (!code.includes("•••")) line.append(button("Copy", () => copied(code, "code"), { "aria-label": `Copy ${code}` }));
    }
    line.append(element("span", { class: "smsn-muted" }, when(at)));
    if (from) line.append(element("span", { class: "smsn-muted" }, "from ", isolated(from)));
    const item = element("li", {}, line);
    if (text) item.append(linked(text));
    if (address) item.append(recording(address));
    else if (words) item.append(isolated(words, { class: "smsn-muted" }));
    return item;
  }

  function update() {
    root.hidden = !current || !row;
    if (root.hidden) {
      drawn.clear();
      list.replaceChildren();
      [title, facts].forEach((node) => write(node, ""));
      return;
    }
    write(title, row.number);
    number.disabled = !/^\d+$/.test(row.bare); // masked, or not known yet
    const since = row.since === null ? "" : ` · since ${when(row.since)}`;
    write(facts, `${row.place} · id ${row.id}${since}`);
    const messages = current.messages ?? [];
    const keys = messages.map((entry, at) => `${current.id} ${messages.length - at} ${JSON.stringify(entry)}`);
    for (const key of drawn.keys()) if (!keys.includes(key)) drawn.delete(key);
    arrange(list, keys.map((key, at) => {
      if (!drawn.has(key)) drawn.set(key, message(messages[at]));
      return drawn.get(key);
    }));
    none.hidden = messages.length > 0;
    write(none, current.messages ? "No messages yet." : "Loading…");
    hearing.hidden = !current.can_hear;
    languages.update({
      choices: Object.entries(LANGUAGES).map(([code, name]) => [code, `${name} (${code})`, [code]]),
      value: language,
    });
    set(again, "disabled", !language || row.busy);
  }

  return {
    root,
    update(details, ofRow) {
      [current, row] = [details ?? null, ofRow ?? null];
      update();
    },
    focus: () => title.focus(),
    destroy: () => languages.destroy(),
  };
}
