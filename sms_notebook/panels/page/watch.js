// Watch: live numbers, one line each; codes as they come, told in the ways that are switched on.

import { createConfirmation } from "./confirmation.js";
import { createDetails } from "./details.js";
import { button, copy, element, fold, labelled, set, write } from "./dom.js";
import { createGrid } from "./grid.js";
import { hasCode, numberColumns } from "./number_row.js";
import { createNotifications } from "./notifications.js";

const STATES = [["", "All"], ["wait", "Waiting"], ["code", "With a code"], ["over", "Over"]];
const AIM = 600; // milliseconds that rows stay where they are while somebody aims at them
const TYPING = 300; // likewise, until what is typed is kept
const LOADING = "Looking for active numbers…";
const EMPTY = "No active numbers. One that is ordered appears here by itself.";
const NO_MATCH = "No number fits the filter.";

const many = (count) => (count === 1 ? "1 number" : `${count} numbers`);

/** Make the part of a panel. */
export function createWatch(context) {
  let rows = [];
  let visible = []; // those that fit the filter, as they stand
  let order = []; // their ids
  let aimed = -AIM;
  let later = 0;
  let keeping = 0;
  let hasGone = false;
  let isMasked = context.get("is_masked");
  let opened = null;
  const known = new Set(); // news that were told, or were there at the beginning
  let hasBegun = false;

  const choice = () => context.choice("watch");
  const selected = () => new Set(Array.isArray(choice().selected) ? choice().selected : []);
  const chosen = () => visible.filter((row) => selected().has(row.id));

  const openRow = () => rows.find(({ id }) => id === opened);

  // What can be done with a row

  const ask = (action) => (row) => context.ask("watch", action, { ref: row.id });
  const act = {
    select(row) {
      const now = selected();
      if (!now.delete(row.id)) now.add(row.id);
      context.choose("watch", { selected: [...now] });
    },
    copy: (row) => copyText(row.code, "code", row.number),
    again: ask("again"),
    finish: ask("finish"),
    cancel: ask("cancel"),
    undo: ask("undo"),
    details(row) {
      const isSame = choice().open === row.id;
      context.choose("watch", { open: isSame ? null : row.id });
      if (!isSame) details.focus();
    },
  };

  async function copyText(text, what, number) {
    const done = await copy(text);
    const copied = what === "code" ? `Copied the code of ${number}.` : `Copied ${text}.`;
    const words = done ? copied : "The browser did not copy it: mark it and press Ctrl+C.";
    context.say(words, done ? "good" : "bad");
  }

  // The elements

  const trouble = element("div", { role: "alert", class: "smsn-status smsn-bad" });
  const log = element("div", { role: "log", "aria-label": "Codes", class: "smsn-unseen" });
  const filter = element("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: "Number, service, country, code, id" });
  const states = element("select", {}, ...STATES.map(([value, words]) => element("option", { value }, words)));
  const notifications = createNotifications(context);
  const tools = element("div", { class: "smsn-tools" }, labelled("Filter numbers", filter), labelled("State", states), notifications.root);
  const all = element("input", { type: "checkbox" });
  const finishing = button("Finish selected", () => propose("finish"));
  const cancelling = button("Cancel selected", () => propose("cancel"));
  const count = element("span", { class: "smsn-muted" });
  const bulk = element("div", { class: "smsn-line smsn-bulk" }, element("label", {}, all, " Select all"), finishing, cancelling, count);
  const confirmation = createConfirmation("Keep them", () => all.focus());
  const details = createDetails(context, {
    closed() {
      const id = opened;
      context.choose("watch", { open: null });
      grid.focus(id, ".smsn-details-button");
    },
    copied: (text, what) => copyText(text, what, openRow()?.number ?? "this number"),
  });
  const grid = createGrid({
    label: "Numbers", kind: "smsn-numbers", id: (row) => row.id, name: (row) => row.number,
    columns: numberColumns({
      clock: context.clock, isSelected: (row) => selected().has(row.id), isOpen: (row) => row.id === opened,
      hasGone: () => hasGone, act,
    }),
    widths: "18px minmax(148px,1.3fr) minmax(80px,.7fr) minmax(90px,1.1fr) 72px 402px",
    sorted: (sort) => context.choose("watch", { sort }), empty: LOADING,
  });
  const hint = element("p", { class: "smsn-muted smsn-hint" }, "Keys: arrows go through the rows, C copies a code, Space selects, Enter opens the details.");
  const root = element("section", { class: "smsn-part smsn-watch" }, trouble, tools, bulk, confirmation.root, details.root, grid.root, hint);
  context.statusLine.append(log); // it is heard on every tab
  grid.sort(choice().sort ?? null);
  filter.value = choice().filter ?? "";
  states.value = choice().state ?? "";

  // What fits the filter, in its order

  const fits = (row, words) => {
    const text = fold([row.number, row.bare, row.service, row.place, row.id, row.state, ...row.codes].join(" "));
    return words.every((word) => text.includes(word));
  };

  function show() {
    const words = fold(filter.value).split(/\s+/).filter(Boolean);
    const kind = states.value;
    visible = held(rows.filter((row) => (!kind || row.kind === kind) && fits(row, words)));
    grid.show(visible);
    showBulk();
  }

  /** Keep the order for a moment while somebody aims: a click would hit another number. */
  function held(wanted) {
    const wait = aimed + AIM - performance.now();
    if (wait > 0) {
      const places = new Map(order.map((id, at) => [id, at]));
      const place = (row) => places.get(row.id) ?? Infinity;
      wanted.sort((left, right) => (place(left) === place(right) ? 0 : place(left) - place(right)));
      clearTimeout(later);
      later = setTimeout(show, wait);
    }
    order = wanted.map(({ id }) => id);
    return wanted;
  }

  function showBulk() {
    const ticked = chosen();
    const alive = visible.filter((row) => !row.is_over);
    bulk.hidden = !rows.length;
    hint.hidden = !rows.length;
    all.checked = ticked.length > 0 && alive.every((row) => ticked.includes(row));
    all.indeterminate = ticked.length > 0 && !all.checked;
    write(count, ticked.length ? `${ticked.length} selected` : "");
    set(finishing, "disabled", !ticked.some((row) => row.can.includes("finish")));
    set(cancelling, "disabled", !ticked.some((row) => row.can.includes("cancel")));
  }

  all.addEventListener("change", () => {
    const wanted = all.checked ? visible.filter((row) => !row.is_over) : [];
    context.choose("watch", { selected: wanted.map(({ id }) => id) });
  });

  // One confirmation for many

  function propose(action) {
    const ticked = chosen();
    const able = ticked.filter((row) => row.can.includes(action));
    const early = able.filter((row) => action === "cancel" && row.cancel_at > context.clock.now());
    const others = ticked.length - able.length;
    const refs = able.map(({ id }) => id);
    const words = [
      action === "finish" ? `Finish ${many(able.length)}? What is finished is paid for.` : `Cancel ${many(able.length)}? The money comes back.`,
      early.length ? `${early.length < able.length ? `${early.length} of them as` : "As"} soon as that is allowed, while this panel is open.` : "",
      others ? `The other ${others} selected cannot be ${action === "finish" ? "finished" : "cancelled"} now.` : "",
    ].filter(Boolean).join(" ");
    confirmation.ask([words], () => {
      context.ask("watch", `${action}_all`, { refs });
      context.choose("watch", { selected: [] });
    });
  }

  // Keys and typing

  const rowAt = (target) => {
    const node = target instanceof Element ? target.closest("[data-key]") : null;
    return node ? visible.find(({ id }) => id === node.dataset.key) : undefined;
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, audio")) return;
    const row = rowAt(event.target) ?? (details.root.contains(event.target) ? openRow() : undefined);
    const isRow = row && event.target.matches("[data-key]");
    const copied = hasCode(row) ? row : row ? null : visible.find(hasCode);
    if (event.key.toLowerCase() === "c" && copied) act.copy(copied);
    else if (isRow && event.key === "Enter") act.details(row);
    else if (isRow && event.key === " ") act.select(row);
    else return;
    event.preventDefault();
  });
  grid.root.addEventListener("pointermove", () => { aimed = performance.now(); }, { passive: true });
  filter.addEventListener("input", () => {
    show();
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      keeping = 0;
      context.choose("watch", { filter: filter.value });
    }, TYPING);
  });
  states.addEventListener("change", () => {
    context.choose("watch", { state: states.value });
    show();
  });

  // News

  function announce(news) {
    const keys = new Set(news.map(({ key }) => key));
    for (const line of [...log.children]) if (!keys.has(line.dataset.news)) line.remove();
    const there = new Set([...log.children].map((line) => line.dataset.news));
    for (const item of news) {
      if (!there.has(item.key)) {
        log.append(element("p", { "data-news": item.key }, `${item.code} for ${item.number}, ${item.place}`));
      }
      if (!known.has(item.key)) {
        known.add(item.key);
        if (hasBegun) notifications.tell(item);
      }
    }
  }

  /** Forget what was seen before the mask was switched. */
  function maskSwitched() {
    isMasked = context.get("is_masked");
    clearTimeout(keeping);
    keeping = 0;
    notifications.restore();
    confirmation.dismiss();
  }

  function update() {
    const state = context.get("watch") ?? {};
    if (context.get("is_masked") !== isMasked) maskSwitched();
    rows = state.rows ?? [];
    if (!keeping && filter.value !== (choice().filter ?? "")) filter.value = choice().filter ?? "";
    if (states.value !== (choice().state ?? "")) states.value = choice().state ?? "";
    opened = choice().open ?? null;
    write(trouble, state.trouble);
    grid.say(rows.length ? NO_MATCH : state.trouble ? "" : state.is_loading ?? true ? LOADING : EMPTY);
    show();
    const open = state.details?.id === opened ? state.details : null;
    details.update(open ?? { id: opened, messages: null }, openRow());
    notifications.update();
    announce(state.news ?? []);
    hasBegun = true;
  }

  const stop = context.clock.each(() => grid.redraw());
  return {
    root,
    follows: ["watch", "watch_choice", "is_masked"],
    update,
    onShow: () => grid.redraw(),
    /** The kernel is gone: nothing is cancelled any more. */
    onGone() {
      hasGone = true;
      grid.redraw();
    },
    destroy() {
      stop();
      clearTimeout(later);
      clearTimeout(keeping);
      notifications.destroy();
      details.destroy();
      grid.destroy();
      log.remove();
    },
  };
}
