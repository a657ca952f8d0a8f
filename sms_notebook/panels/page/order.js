// Order: choose a service and a country, see the price, click once.

import { createBalance, createOpenOrders } from "./account.js";
import { createCombobox } from "./combobox.js";
import { createCountries, flagOf } from "./countries.js";
import { button, element, isolated, labelled, set, unique, write, writeBeside } from "./dom.js";
import { priced, readAmount } from "./money.js";
import { createSending } from "./sending.js";
import { createTiers } from "./tiers.js";

/** Make the buttons of what was bought before: the same again, and what was bought most. */
function createHabits({ buy, fill }) {
  const again = button("The same again", () => press());
  const most = writeBeside(again, "");
  const label = isolated("", { id: unique("again"), class: "smsn-muted" });
  const list = element("span", { role: "group", "aria-label": "Favourites", class: "smsn-favourites" });
  const root = element("div", { class: "smsn-line" }, again, label, list);
  let last = null;
  let lastFavourites = "";
  most.id = unique("most");
  set(again, "aria-describedby", `${label.id} ${most.id}`);

  function press() {
    if (last.price) buy({ ...last, most: last.price });
    else fill(last);
  }

  return {
    root,
    update({ again: next, favourites, is_busy }, isAsked) {
      last = next ?? null;
      again.disabled = !last || Boolean(is_busy) || isAsked;
      writeBeside(again, last?.price ? ` for at most ${priced(last.price, last.currency)}` : "");
      write(label, last ? last.label : favourites ? "Nothing was bought so far." : "");
      if (JSON.stringify(favourites) === lastFavourites) return;
      lastFavourites = JSON.stringify(favourites);
      list.hidden = !favourites?.length;
      list.replaceChildren("Favourites:", ...(favourites ?? []).map(([service, country, name]) =>
        button(name, () => fill({ service, country }), { dir: "auto" })));
    },
  };
}

/** Make the field of the highest price, which says what is wrong with it. */
function createHighest({ changed }) {
  const why = element("p", { id: unique("why"), class: "smsn-wrong", "aria-live": "polite" });
  const field = element("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
    placeholder: "The price shown", "aria-describedby": why.id,
  });
  const root = labelled("Highest price", field);
  root.append(why);
  field.addEventListener("input", changed);
  return {
    root,
    field,
    /** Return { amount } or { why }, and show the latter. */
    read() {
      const result = readAmount(field.value);
      write(why, result.why);
      set(field, "aria-invalid", result.why ? "true" : null);
      return result;
    },
  };
}

/** Make the part of a panel. */
export function createOrder(context) {
  const choose = (changed) => context.choose("order", changed);
  const service = createCombobox({
    label: "Service", hint: "Name or code, such as Telegram or tg",
    picked: (value) => choose({ service: value }),
  });
  const operator = createCombobox({
    label: "Operator", hint: "Any operator", picked: (value) => choose({ operator: value }),
  });
  const countries = createCountries({
    choose(country) {
      if (country !== context.choice("order").country) choose({ country, operator: null });
    },
    typed: (filter) => choose({ filter }),
    sorted: (sort) => choose({ sort }),
  });
  const highest = createHighest({ changed: () => allow() });
  const tiers = createTiers({
    ask: (place) => context.ask("order", "tiers", place),
    take(price) {
      highest.field.value = price;
      keepHighest();
      allow();
    },
  });
  const habits = createHabits({
    buy,
    fill: ({ service: code, country, operator: wished = null }) =>
      choose({ service: code, country, operator: wished, filter: "" }),
  });
  const place = element("span", { class: "smsn-place" });
  const reason = element("span", { id: unique("reason"), class: "smsn-muted" });
  const balance = createBalance(context);
  const main = button("Order", pressed, { class: "smsn-button smsn-main", "aria-describedby": reason.id });
  const trouble = element("div", { role: "alert", class: "smsn-status smsn-bad" });
  const line = element("div", { class: "smsn-line" }, main, place, reason, balance.root);
  const root = element("section", { class: "smsn-part smsn-order" },
    habits.root,
    element("div", { class: "smsn-fields smsn-two" }, service.root, countries.filter),
    trouble,
    countries.root,
    element("div", { class: "smsn-line smsn-under" }, countries.count, tiers.opener),
    tiers.root,
    element("div", { class: "smsn-fields smsn-two" }, operator.root, highest.root),
    line, createOpenOrders(context));
  const sending = createSending(context, () => update());

  const keepHighest = () => {
    if ((context.choice("order").highest ?? "") !== highest.field.value) choose({ highest: highest.field.value });
  };
  let keeping = 0;
  highest.field.addEventListener("blur", keepHighest);
  highest.field.addEventListener("input", () => {
    clearTimeout(keeping);
    keeping = setTimeout(keepHighest, 300); // not a message for each key
  });
  highest.field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") main.focus();
  });

  /** Return what the button stands for: its words, what is sent, or why nothing can be. */
  function offer() {
    const state = context.get("order") ?? {};
    const { is_loaded: isLoaded, currency, provider } = context.get("catalogue") ?? {};
    const { service: code, country } = context.choice("order");
    const row = countries.row(country);
    const { amount, why } = highest.read();
    const price = row && Number(row.price) > 0 ? row.price : null;
    const words = wordsOf(price, amount, currency);
    const no = (because) => ({ words, price: amount ?? price, because });
    if (!isLoaded) return no("");
    if (!code) return no("Choose a service and a country.");
    if (!country) return no("Choose a country.");
    if (why) return no("The highest price is no amount.");
    if (state.is_asking || code !== state.service) return no("Asking for prices…");
    if (!row) return no(state.offers ? "Not to be had in this country now." : "");
    if (!amount && !price) return no(`${provider} names no price here: write the highest that you pay.`);
    if (!amount && row.stock === 0) return no("None are left at this price now.");
    const isLess = amount && price && Number(amount) < Number(price);
    return { words, price: amount ?? price, most: amount ?? price, because: isLess ? `It costs ${priced(price, currency)} now.` : "" };
  }

  function wordsOf(price, amount, currency) {
    if (amount && price && Number(amount) > Number(price)) {
      return `Order for ${priced(price, currency)}, at most ${priced(amount, currency)}`;
    }
    if (amount && Number(amount) !== Number(price)) return `Order for at most ${priced(amount, currency)}`;
    return price ? `Order for ${priced(price, currency)}` : "Order";
  }

  function allow() {
    const { words, price, most, because } = offer();
    write(main, words);
    write(reason, sending.is() ? "Sent to the kernel…" : because);
    main.disabled = !most || Boolean(context.get("order")?.is_busy) || sending.is();
    balance.compare(price ?? null);
  }

  function pressed() {
    const { most } = offer();
    const { service: code, country, operator: wished = null } = context.choice("order");
    if (most) buy({ service: code, country, operator: wished, most });
  }

  function buy({ service: code, country, operator: wished, most }) {
    if (sending.is()) return;
    context.ask("order", "buy", { service: code, country, operator: wished, most });
    sending.begin();
  }

  function tellPlace(catalogue, choice) {
    const [, label] = (catalogue.services ?? []).find(([code]) => code === choice.service) ?? [];
    const [, name, iso = ""] = (catalogue.countries ?? []).find(([key]) => key === choice.country) ?? [];
    const named = [label ?? choice.service, name ?? choice.country].filter(Boolean);
    if (place.dataset.of === named.join()) return;
    place.dataset.of = named.join();
    const parts = named.flatMap((word, at) => (at ? [" · ", flagOf(iso), isolated(word)] : [isolated(word)]));
    place.replaceChildren(...parts);
  }

  /** Return what stands in place of the table. */
  function instead(state, catalogue, choice) {
    if (!catalogue.is_loaded) return catalogue.trouble ? "Services and countries could not be loaded." : "Loading services and countries…";
    if (!choice.service) return "Pick a service to see prices.";
    if (catalogue.is_free && !choice.country) return `${catalogue.provider} has no list of countries: write its word for one above, such as england.`;
    if (state.is_asking || choice.service !== state.service) return "Asking for prices…";
    return state.offers?.length === 0 ? "Nothing is offered for this service now." : "";
  }

  function update() {
    const state = context.get("order") ?? {};
    const catalogue = context.get("catalogue") ?? {};
    const choice = context.choice("order");
    const isOurs = state.service === choice.service && Boolean(choice.service);
    service.update({
      choices: catalogue.services, value: choice.service, isFree: catalogue.is_free,
      isLoading: !catalogue.is_loaded,
    });
    countries.restore(choice);
    countries.update({
      offers: isOurs ? state.offers : [], catalogue, country: choice.country ?? null,
      words: instead(state, catalogue, choice),
    });
    const { country, names = [], trouble: none } = state.operators ?? {};
    const isThere = country === choice.country;
    operator.update({
      choices: isThere ? names.map((name) => [name, name, []]) : [], value: choice.operator,
      hint: catalogue.takes_operator === false ? `${catalogue.provider} takes no wish` : "Any operator",
      isLoading: !choice.country || !isThere,
      waiting: !choice.country ? "Country first." : !isThere ? "Loading…" : none || "No operators are named here.",
    });
    operator.field.disabled = catalogue.takes_operator === false;
    tiers.update({ state, catalogue, choice, isThere: Boolean(countries.row(choice.country)) });
    if (!highest.field.matches(":focus")) highest.field.value = choice.highest ?? "";
    const words = [catalogue.trouble || state.trouble].filter(Boolean).map((why) => `${why} Trying again by itself.`);
    write(trouble, words.join(""));
    habits.update(state, sending.is());
    tellPlace(catalogue, choice);
    allow();
  }

  return {
    root,
    follows: ["order", "order_choice", "catalogue"],
    update,
    /** Have what just happened told beside the button. */
    onShow() {
      line.after(context.statusLine);
    },
    destroy() {
      sending.destroy();
      service.destroy();
      operator.destroy();
      countries.destroy();
      tiers.destroy();
    },
  };
}
