// Rent: what can be rented, the button that rents it, and the rents that are alive.

import { createBalance, createOpenOrders } from "./account.js";
import { createCombobox } from "./combobox.js";
import { button, element, fold, isolated, labelled, set, write } from "./dom.js";
import { createGrid } from "./grid.js";
import { createHours } from "./hours.js";
import { createRents } from "./rents.js";
import { createSending } from "./sending.js";
import { money } from "./words.js";

const PAUSE = 400; // ms after the last step of the hours, until their prices are asked for

/** Make the table of offers: { root, show(rows, hours), select(row), clear(), destroy() }. */
function createOffers(choose) {
  const filter = element("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: "Service, code or hours" });
  const field = labelled("Filter offers", filter, { class: "smsn-field smsn-filter" });
  const key = ({ service, hours }) => `${hours} ${service}`;
  const perDay = ({ price, hours }) => Math.round((price / hours) * 24 * 100) / 100;
  const currency = ({ words }) => words.split(" ")[1] ?? "";
  const grid = createGrid({
    label: "Offers",
    kind: "smsn-offers",
    widths: "minmax(0,3fr) 64px 100px 92px 88px",
    id: key,
    name: (row) => `${row.name}, ${row.hours} hours, ${row.words}`,
    choose,
    columns: [
      {
        key: "service", title: "Service", sort: ({ name }) => name,
        draw(cell, row) {
          if (cell.textContent === `${row.name} ${row.service}`) return;
          cell.replaceChildren(isolated(row.name), " ", isolated(row.service, { class: "smsn-muted" }));
        },
      },
      { key: "hours", title: "Hours", numeric: true, sort: ({ hours }) => hours, text: ({ hours }) => String(hours) },
      { key: "price", title: "Price", numeric: true, sort: ({ price }) => price, text: ({ words }) => words },
      {
        key: "day", title: "A day", hint: "What a day of it costs", numeric: true,
        sort: perDay, text: (row) => (row.hours < 24 ? "" : money(perDay(row), currency(row))),
      },
      { key: "stock", title: "Stock", numeric: true, sort: ({ stock }) => stock, text: ({ stock }) => (stock === null ? "not known" : String(stock)) },
    ],
  });
  const root = element("div", {}, field, grid.root);
  let rows = [];
  let wanted = 0;

  function show() {
    const words = fold(filter.value).split(/\s+/).filter(Boolean);
    const fits = (row) => words.every((word) => fold(`${row.name} ${row.service} ${row.hours}`).includes(word));
    const matches = rows.filter(fits);
    matches.sort((left, right) => (right.hours === wanted) - (left.hours === wanted) || left.hours - right.hours);
    grid.say(rows.length ? "Nothing matches." : "");
    grid.show(matches);
    grid.root.hidden = !rows.length;
    field.hidden = !rows.length;
  }

  filter.addEventListener("input", show);
  return {
    root,
    show(next, hours) {
      [rows, wanted] = [next, hours];
      show();
    },
    select: (row) => grid.select(row ? key(row) : null),
    clear() {
      filter.value = "";
      show();
    },
    destroy: grid.destroy,
  };
}

/** Make the part of a panel. */
export function createRent(context) {
  const choose = (changed) => {
    context.choose("rent", changed);
    update();
  };
  const country = createCombobox({
    label: "Country", hint: "Name, ISO code or id, such as KZ",
    picked: (value) => choose({ country: value, operator: null }),
  });
  const service = createCombobox({
    label: "Service", hint: "Name or code; full for all", picked: (value) => choose({ service: value }),
  });
  const operator = createCombobox({
    label: "Operator", hint: "Any operator", picked: (value) => choose({ operator: value }),
  });
  const calls = element("input", { type: "checkbox", onchange: () => choose({ calls: calls.checked }) });
  const callable = element("label", { class: "smsn-check" }, calls, " Numbers that can be called");
  const fields = element("div", { class: "smsn-fields" }, country.root, service.root);
  const note = element("p", { class: "smsn-muted", "aria-live": "polite" });
  const compare = button("Compare other hours", () => context.ask("rent", "compare"));
  const again = button("Ask again", () => context.ask("rent", "ask_again"));
  const offers = createOffers((row) => {
    hours.set(row.hours);
    choose({ service: row.service, hours: row.hours });
  });
  const rent = button("Rent", () => {
    const row = chosen();
    if (!row || sending.is()) return;
    const { country: where, operator: through, calls: isCallable } = context.choice("rent");
    context.ask("rent", "rent", {
      service: row.service, hours: row.hours, words: row.words,
      given: { country: where, operator: through ?? null, incoming_call: isCallable ? true : null },
    });
    sending.begin();
  }, { class: "smsn-button smsn-main" });
  const sent = element("span", { class: "smsn-muted" });
  const buying = element("div", { class: "smsn-line" }, rent, sent, createBalance(context).root);
  const rents = createRents(context);
  const none = element("p", { class: "smsn-muted", hidden: true });
  const choosing = element("div", {}, fields, element("div", { class: "smsn-line" }, note, compare, again), offers.root, buying);
  const root = element("section", { class: "smsn-part smsn-rent", "aria-label": "Rent" },
    none, choosing, createOpenOrders(context), rents.root);
  const sending = createSending(context, () => update());
  let hours = null;
  let timer = 0;

  const state = () => context.get("rent") ?? {};

  /** Take the hours that were set, once no more of them come. */
  function hoursSet(value) {
    clearTimeout(timer);
    update();
    if (value !== null) timer = setTimeout(() => choose({ hours: value }), PAUSE);
  }

  /** Return the offer that the button stands for. */
  function chosen() {
    const { service: wanted } = context.choice("rent");
    const { rows = [], is_asking: pendingHours = [] } = state().offers ?? {};
    const time = hours?.value();
    return pendingHours.includes(time) ? undefined : rows.find((row) => row.service === wanted && row.hours === time);
  }

  function update() {
    const { offers: known, can_rent: canRent, provider, is_busy: isBusy } = state();
    const { countries = [], is_loaded: isLoaded, trouble } = context.get("catalogue") ?? {};
    if (!known) return;
    none.hidden = canRent;
    choosing.hidden = rents.root.hidden = !canRent;
    write(none, canRent ? "" : `${provider} rents no numbers.`);
    if (!hours) {
      hours = createHours("Hours", known.hours, hoursSet);
      hours.set(context.choice("rent").hours ?? known.hours.first);
      fields.append(hours.root, operator.root, callable);
    }
    const picked = context.choice("rent");
    const isHere = Boolean(picked.country) && known.country === picked.country;
    const rows = isHere ? known.rows : [];
    const isComing = !isHere || known.is_asking.length > 0; // what is typed first waits for a country too
    const services = [...new Map(rows.map((row) => [row.service, row])).values()];
    country.update({
      choices: countries.map(([key, name, iso, words]) => [key, `${name} (${iso ? `${iso}, ` : ""}${key})`, words]),
      value: picked.country ?? null, isLoading: !isLoaded,
    });
    service.update({
      choices: services.map((row) => [row.service, `${row.name} (${row.service})`, [row.service, row.name]]),
      value: picked.service ?? null, waiting: picked.country ? "Asking for prices…" : "Country first.",
      isLoading: isComing,
    });
    operator.update({
      choices: (isHere ? known.operators : []).map((name) => [name, name, []]),
      value: picked.operator ?? null, isLoading: isComing,
      waiting: !picked.country ? "Country first." : isComing ? "Loading…" : "No operators are named here.",
    });
    calls.checked = Boolean(picked.calls);
    write(note, isLoaded ? known.note : trouble ? `${trouble} Trying again by itself.` : "Loading countries…");
    compare.hidden = !rows.length || (!known.others.length && !known.is_asking.length);
    compare.disabled = known.is_asking.length > 0;
    again.hidden = !known.has_failed;
    const row = chosen();
    offers.show(rows, hours.value());
    offers.select(row);
    write(rent, row ? `Rent for ${row.words}` : "Rent");
    rent.disabled = isBusy || !row || sending.is();
    write(sent, sending.is() ? "Sent to the kernel…" : "");
    set(rent, "title", row ? `${row.name}, ${row.hours} hours` : "Pick a country and a service first");
    rents.update(state());
  }

  context.follow(["is_masked"], () => {
    rents.hush();
    offers.clear();
  });

  return {
    root,
    follows: ["rent", "rent_choice", "catalogue"],
    update,
    onShow: () => buying.append(context.statusLine),
    destroy() {
      clearTimeout(timer);
      [country, service, operator].forEach((field) => field.destroy());
      sending.destroy();
      offers.destroy();
      rents.destroy();
    },
  };
}
