// A panel: its parts, what it says, and what it does when the kernel is gone.

import { createAccount } from "./account.js";
import { createClock } from "./clock.js";
import { arrange, element, set, unique, write } from "./dom.js";
import { createOrder } from "./order.js";
import { createRent } from "./rent.js";
import { createWatch } from "./watch.js";

const PARTS = {
  account: createAccount, order: createOrder, rent: createRent, watch: createWatch,
};
const CLOSED = "This panel was closed: run this cell again.";
const GONE = "The kernel is gone: run this cell again.";
const RESTARTED = "The kernel restarted: run this cell again.";

/**
 * What a part gets: the model's state, the clock, and how to ask for something.
 *
 * A part is { root, update(), onShow(), destroy() }; `update` is called when a trait in `follows`
 * changed, `onShow` after its tab was chosen, `onGone` when the kernel is gone. All but the two first
 * may be left out.
 */
function createContext(model, clock) {
  const stops = [];
  return {
    clock,
    get: (name) => model.get(name),
    /** Return what the person set in a part: the traits that end in `_choice` come from here. */
    choice: (part) => model.get(`${part}_choice`) ?? {},
    /** Set some of it, and say whether that was under the mask; Python and a reloaded page have it then. */
    choose(part, changed) {
      const before = model.get(`${part}_choice`) ?? {};
      model.set(`${part}_choice`, { ...before, ...changed, is_masked: model.get("is_masked") });
      model.save_changes();
    },
    /** Ask Python to do something; all it needs is in `given`: a choice may come later. */
    ask(part, action, given = {}) {
      model.send({ part, action, given });
    },
    /** Call something when a trait changes. */
    follow(names, listener) {
      for (const name of names) {
        model.on(`change:${name}`, listener);
        stops.push(() => model.off(`change:${name}`, listener));
      }
    },
    destroy: () => stops.forEach((stop) => stop()),
  };
}

function createTabs(tabs, opened) {
  const id = unique("tab");
  const list = element("div", { role: "tablist", class: "smsn-tabs" });
  const buttons = tabs.map(({ title }, at) => element("button", {
    type: "button", role: "tab", id: `${id}-${at}`, "aria-controls": `${id}-panel`, onclick: () => open(at),
  }, title));
  const panel = element("div", { id: `${id}-panel`, class: "smsn-parts" });
  list.append(...buttons);
  list.addEventListener("keydown", (event) => {
    const at = buttons.findIndex((tab) => tab.matches(":focus"));
    const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: buttons.length - 1 - at };
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    const next = (at + steps[event.key] + buttons.length) % buttons.length;
    buttons[next].focus();
    open(next);
  });

  function open(at) {
    buttons.forEach((tab, index) => {
      set(tab, "aria-selected", String(index === at));
      set(tab, "tabindex", index === at ? 0 : -1);
    });
    if (tabs.length > 1) {
      set(panel, "role", "tabpanel");
      set(panel, "aria-labelledby", buttons[at].id);
    }
    opened(at, panel);
  }

  list.hidden = tabs.length < 2;
  return { list, panel, open };
}

/** Call `gone` once the kernel is gone; a shut down one says nothing, so it is looked at. */
function watchKernel(model, gone) {
  const closed = () => gone(CLOSED);
  const restarted = () => gone(RESTARTED); // the manager lets go of all its models
  model.on("comm:close", closed);
  model.on("comm_live_update", restarted);
  let was = model.widget_manager?.kernel ?? null; // of JupyterLab, and not documented
  const timer = setInterval(() => {
    const kernel = model.widget_manager?.kernel ?? null;
    if (kernel?.isDisposed || kernel?.status === "dead" || (was && !kernel)) gone(GONE);
    was = kernel;
  }, 1000);
  return () => {
    clearInterval(timer);
    model.off("comm:close", closed);
    model.off("comm_live_update", restarted);
  };
}

/** Keep plain keys for the panel: JupyterLab would take Enter, and delete the cell at D D. */
function keepKeys(root) {
  const isOurs = (event) => event.composedPath().includes(root);
  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.altKey);
  const pressed = (event) => {
    if (isOurs(event)) event.composedPath()[0].toggleAttribute?.("data-lm-suppress-shortcuts", isPlain(event));
  };
  addEventListener("keydown", pressed, true); // on the window: before JupyterLab sees it
  root.addEventListener("keydown", (event) => isPlain(event) && event.stopPropagation());
  return () => removeEventListener("keydown", pressed, true);
}

function render({ model, el }) {
  const clock = createClock(model);
  const context = createContext(model, clock);
  const title = model.get("title");
  const status = element("div", { role: "status", class: "smsn-status" });
  const alert = element("div", { role: "alert", class: "smsn-status smsn-bad" });
  const statusLine = element("div", { class: "smsn-said" }, status, alert);
  const gone = element("div", { role: "alert", class: "smsn-status smsn-bad", hidden: true });
  const tabs = createTabs(model.get("tabs"), openTab);
  const body = element("div", { class: "smsn-body" }, tabs.list, statusLine, tabs.panel);
  const root = element("div", { class: "smsn", role: "region", "aria-label": title },
    element("h3", {}, title), gone, body);
  const partsByName = new Map(); // name → part

  /** The line of what just happened; a part may put it beside its own button. */
  context.statusLine = statusLine;

  /** Say there what the browser did by itself; kind is info, good or bad. */
  context.say = (text, kind = "info") => speak({ text, kind });

  function part(name) {
    if (!partsByName.has(name)) {
      const created = PARTS[name](context);
      context.follow(created.follows ?? [name], created.update);
      partsByName.set(name, created);
      created.update();
    }
    return partsByName.get(name);
  }

  function openTab(at, panel) {
    const parts = model.get("tabs")[at].parts.map(part);
    tabs.list.after(statusLine);
    arrange(panel, parts.map((item) => item.root));
    parts.forEach((item) => item.onShow?.());
    if ((model.get("tab") ?? 0) !== at) {
      model.set("tab", at);
      model.save_changes();
    }
  }

  function say() {
    speak(model.get("status") ?? {});
  }

  function speak({ text = "", kind = "info" }) {
    const isBad = kind === "bad";
    status.className = `smsn-status smsn-${kind}`;
    write(status, isBad ? "" : text);
    write(alert, isBad ? text : "");
  }

  function leave(words) {
    write(gone, words);
    gone.hidden = false;
    root.classList.add("smsn-gone");
    body.inert = true;
    partsByName.forEach((item) => item.onGone?.());
  }

  context.follow(["status"], say);
  say();
  const stops = [watchKernel(model, leave), keepKeys(root)];
  el.append(root);
  tabs.open(Math.min(model.get("tab") ?? 0, model.get("tabs").length - 1));
  if (model.get("tabs").some(({ parts }) => parts.includes("watch"))) part("watch"); // told on every tab
  context.ask("", "shown"); // the clock comes anew
  return () => {
    stops.forEach((stop) => stop());
    context.destroy();
    partsByName.forEach((item) => item.destroy?.());
    clock.destroy();
  };
}

export default { render };
