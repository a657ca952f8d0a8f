// The rents that are alive: one line each, and the messages and hours of the one that is open.

import { duration } from "./clock.js";
import { createConfirmation } from "./confirmation.js";
import { button, copy, element, isolated, set, unique, write, writeBeside } from "./dom.js";
import { createGrid } from "./grid.js";
import { createHours } from "./hours.js";
import { createMessages } from "./messages.js";
import { countdown, moment } from "./words.js";

/** Make the messages of a rent, and what more hours of it cost. */
function createDetails(context, ask) {
  const title = element("h4", { id: unique("rent") });
  const facts = element("p", { class: "smsn-muted" });
  const messages = createMessages();
  const price = button("See price", () => ask("price", { rent: opened.id, hours: hours.value() }));
  const extend = button("Extend", () => {
    const { hours: more, words } = opened.quote;
    extend.disabled = true; // until its price was seen anew
    ask("extend", { rent: opened.id, hours: more, words });
  }, { class: "smsn-button smsn-extend" });
  const copied = button("Copy number", async () => {
    const isDone = await copy(line.bare);
    context.say(isDone ? "Copied." : "It could not be copied: select it.", isDone ? "good" : "bad");
  });
  const close = button("Close", () => ask("close", {}));
  const priceNote = element("p", { "aria-live": "polite" });
  const history = element("div", { class: "smsn-scroll" });
  const longer = element("div", { class: "smsn-longer" });
  const root = element("section", { class: "smsn-details", "aria-labelledby": title.id, hidden: true },
    element("div", { class: "smsn-line smsn-details-head" }, title, copied, close), facts, messages.root, longer);
  let hours = null;
  let opened = null;
  let line = null;
  let isResting = true;
  let paid = "";

  function allow() {
    const quote = opened?.quote;
    const isQuoted = Boolean(quote) && quote.hours === hours.value();
    price.disabled = isResting || hours.value() === null;
    extend.disabled = isResting || !isQuoted;
    write(extend, isQuoted ? `Extend for ${quote.words}` : "Extend");
    write(priceNote, isQuoted ? `${quote.hours} hours more cost ${quote.words}; ${quote.most} hours at most.` : "");
    priceNote.hidden = !isQuoted;
    history.hidden = !quote;
  }

  function showHistory(rows) {
    const next = JSON.stringify(rows);
    if (next === paid) return;
    paid = next;
    if (!rows?.length) {
      history.replaceChildren(element("p", { class: "smsn-muted" }, "Not extended so far."));
      return;
    }
    const head = ["Paid on", "Hours", "Price"].map((heading) => element("th", { scope: "col" }, heading));
    history.replaceChildren(element("table", {}, element("caption", {}, "Extensions so far"),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, isolated(cell))))))));
  }

  return {
    root,
    id: () => opened?.id ?? null,
    show(next, rents, limits, isBusy) {
      if (!hours) {
        hours = createHours("Hours more", limits, allow);
        hours.set(limits.first);
        longer.append(element("div", { class: "smsn-line smsn-more" }, hours.root, price, extend), priceNote, history);
      }
      const isOther = next?.id !== opened?.id;
      opened = next;
      line = rents.find(({ id }) => id === next?.id) ?? null;
      root.hidden = !line;
      if (!line) {
        messages.show([], 0);
        return;
      }
      if (isOther) hours.set(limits.first);
      isResting = isBusy || line.is_busy;
      if (title.dataset.of !== line.number) title.replaceChildren("Messages of ", isolated(line.number));
      title.dataset.of = line.number;
      copied.disabled = !/^\d+$/.test(line.bare); // masked, or not known yet
      const [since, ends] = [line.since, line.ends].map((at) => (at === null ? "not known" : moment(at)));
      write(facts, `${line.place} · rent ${line.id} · since ${since}, until ${ends}`);
      messages.show(opened.messages, opened.total);
      longer.hidden = line.is_over;
      showHistory(opened.quote?.history);
      allow();
    },
  };
}

/** Make the list of rents: { root, update(state), destroy() }. */
export function createRents(context) {
  const ask = (action, given) => context.ask("rent", action, given);
  const details = createDetails(context, ask);
  const confirmation = createConfirmation("Keep it", () => grid.focus(asked.id, ".smsn-open-details"));
  const title = element("h4", {}, "Your rents");
  const trouble = element("p", { class: "smsn-trouble" });
  const news = element("span", { class: "smsn-unseen", "aria-live": "polite" });
  const parts = new WeakMap(); // cell → its elements
  const counts = new Map(); // id → messages, as they were told last
  let rents = [];
  let limits = null;
  let isBusy = false;
  let asked = null; // the rent that a confirmation is about

  /** Return the elements of a cell, which are made once. */
  function of(cell, make) {
    if (!parts.has(cell)) {
      const elements = make();
      parts.set(cell, elements);
      cell.append(...Object.values(elements));
    }
    return parts.get(cell);
  }

  const left = ({ ends, is_over: isOver }) => (isOver || ends === null ? null : ends - context.clock.now());

  function drawNumber(cell, row) {
    const { number, place } = of(cell, () => ({
      number: element("bdi", { class: "smsn-number" }), place: element("bdi", { class: "smsn-muted" }),
    }));
    write(number, row.number);
    write(place, row.place);
    set(place, "title", row.place);
  }

  function drawCode(cell, row) {
    const { code, state } = of(cell, () => ({
      code: element("bdi", { class: "smsn-code" }), state: element("span", { class: "smsn-muted" }),
    }));
    write(code, row.code);
    code.hidden = !row.code;
    write(state, row.state);
  }

  function drawLeft(cell, row) {
    const { time, until } = of(cell, () => ({ time: element("span"), until: element("span", { class: "smsn-muted" }) }));
    const seconds = left(row);
    write(time, row.is_over ? "" : seconds === null ? "not known" : `${duration(seconds)} left`);
    const isCutShort = row.is_over && row.ends > context.clock.now();
    write(until, row.ends === null || isCutShort ? "" : `${row.is_over ? "ended" : "until"} ${moment(row.ends)}`);
  }

  function drawActions(cell, row) {
    const { open, finish, cancel } = of(cell, () => ({
      open: button("Details", () => ask("open", { rent: cell.dataset.rent }), {
        class: "smsn-button smsn-open-details", "aria-expanded": "false",
      }),
      finish: button("Finish", () => propose("finish", cell.dataset.rent)),
      cancel: button("Cancel", () => propose("cancel", cell.dataset.rent)),
    }));
    cell.dataset.rent = row.id;
    set(open, "aria-expanded", String(details.id() === row.id));
    const now = context.clock.now();
    const rests = row.is_over || row.is_busy;
    const isEarly = row.cancel_from !== null && now < row.cancel_from;
    const isLate = row.cancel_until !== null && now >= row.cancel_until;
    finish.disabled = rests;
    cancel.disabled = rests || isEarly || isLate;
    const wait = isEarly ? ` (in ${countdown(row.cancel_from - now)})`
      : row.cancel_until !== null && !isLate ? ` (for ${countdown(row.cancel_until - now)})` : "";
    writeBeside(cancel, row.is_over ? "" : wait);
    set(cancel, "title", isLate && !row.is_over ? "Too late: the money does not come back any more" : null);
  }

  /** Ask before a rent ends: it does not come back. */
  function propose(action, id) {
    asked = rents.find((rent) => rent.id === id) ?? null;
    if (!asked) return;
    const seconds = left(asked);
    const rest = seconds > 0 ? `, with ${duration(seconds)} left` : "";
    const words = action === "finish"
      ? ["Finish ", isolated(asked.number), `? It ends now${rest}, and stays paid for.`]
      : ["Cancel ", isolated(asked.number), "? It ends now, and the money comes back."];
    confirmation.ask(words, () => ask(action, { rent: id }));
  }

  const grid = createGrid({
    label: "Rents",
    kind: "smsn-rents",
    widths: "minmax(150px,3fr) minmax(96px,2fr) minmax(120px,2fr) 300px",
    id: ({ id }) => id,
    name: ({ number }) => number,
    choose: ({ id }) => ask("open", { rent: id }),
    empty: "",
    columns: [
      { key: "number", title: "Number", sort: ({ number }) => number, draw: drawNumber },
      { key: "code", title: "Messages", sort: ({ messages }) => messages, draw: drawCode },
      { key: "left", title: "Time left", sort: left, draw: drawLeft },
      { key: "actions", title: "Actions", draw: drawActions },
    ],
  });
  const stop = context.clock.each(() => rents.some((rent) => !rent.is_over) && grid.redraw());
  const root = element("div", {}, title, trouble, grid.root, confirmation.root, details.root, news);

  /** Announce a message once, without what it says: that stands in the list. */
  function announce() {
    const fresh = rents.filter(({ id, messages }) => counts.has(id) && messages > counts.get(id));
    rents.forEach(({ id, messages }) => counts.set(id, messages));
    if (fresh.length) write(news, `New message for ${fresh.map(({ number }) => number).join(", ")}`);
  }

  return {
    root,
    update(state) {
      rents = state.rents ?? [];
      limits = state.offers?.hours ?? limits;
      isBusy = Boolean(state.is_busy);
      write(trouble, state.trouble ? `No news just now: ${state.trouble}` : "");
      const left = details.root.matches(":focus-within") ? details.id() : null;
      if (limits) details.show(state.opened ?? null, rents, limits, isBusy);
      const now = rents.find(({ id }) => id === asked?.id);
      if (!now || now.is_over || now.number !== asked.number) confirmation.dismiss();
      grid.show(rents);
      grid.select(state.opened?.id ?? null);
      grid.say(state.is_loading ? "Looking for rents…" : "No rents. One that is ordered appears here by itself.");
      if (left !== null && details.root.hidden) grid.focus(left, ".smsn-open-details");
      announce();
    },
    /** Empty what a screen reader was told: it names a number. */
    hush: () => write(news, ""),
    destroy() {
      stop();
      grid.destroy();
    },
  };
}
