// Account: what there is to spend, what was spent, and what waits to be settled.

import { createDeliveries, createSpending } from "./charts.js";
import { arrange, button, element, isolated, labelled, set, unique, write } from "./dom.js";
import { money } from "./words.js";

/** Say what there is to spend, and whether a price is more than that. */
function balanceWords({ balance, currency, budget, left, unknown, is_loading: isLoading }, price) {
  if (isLoading !== false) return "Asking for the balance…";
  const parts = [`Balance ${money(balance, currency)}`];
  if (budget !== null) {
    const known = left === null ? "not known what is left" : `${money(left, currency)} left`;
    parts.push(`${known} of today's budget (${money(budget, currency)})`);
  }
  if (unknown) parts.push(`${unknown} of today's purchases of unknown cost`);
  const least = Math.min(balance ?? Infinity, left ?? Infinity);
  if (price !== null && Number(price) > least) parts.push("this is not enough");
  return parts.join(" · ");
}

/** Make a line that says it, and follows the account by itself: { root, compare(price) }. */
export function createBalance(context) {
  const root = element("span", { class: "smsn-muted" });
  let price = null;
  const update = () => write(root, balanceWords(context.get("account") ?? {}, price));
  context.follow(["account"], update);
  update();
  return {
    root,
    compare(next) {
      price = next;
      update();
    },
  };
}

/**
 * Make what waits to be settled: purchases whose end nobody knows, and what can be said of them.
 *
 * Returns an element that follows the account by itself; it is hidden where nothing waits.
 */
export function createOpenOrders(context) {
  const title = element("h4", { id: unique("open") }, "Waits to be settled");
  const list = element("div");
  const root = element("section", { class: "smsn-open", "aria-labelledby": title.id, hidden: true }, title, list);
  const rows = new Map();

  function row({ order }) {
    const words = element("p");
    const choice = element("select");
    const field = labelled("It may be", choice);
    const claim = button("It is this one", () => context.ask("account", "claim", { order, ref: choice.value }));
    const dismiss = button("Nothing was bought", () => context.ask("account", "dismiss", { order }));
    const node = element("div", { class: "smsn-open-order", role: "group" }, words,
      element("div", { class: "smsn-line" }, field, claim, dismiss));
    let known = "";
    return {
      node,
      update({ service, country, key, why, candidates, is_busy: isBusy }) {
        const place = country ? ` in ${country}` : "";
        const text = `Nobody knows what became of an order of ${service}${place}${key ? ` (${key})` : ""}: ${why}.`;
        if (words.textContent !== text) words.replaceChildren(isolated(text));
        set(node, "aria-label", `Order of ${service}${place}`);
        const offered = JSON.stringify(candidates);
        if (offered !== known) {
          known = offered;
          const before = choice.value;
          choice.replaceChildren(...candidates.map(({ id, number }) =>
            element("option", { value: id }, `${number} · id ${id}`)));
          if (candidates.some(({ id }) => id === before)) choice.value = before;
        }
        field.hidden = !candidates.length;
        claim.hidden = !candidates.length;
        choice.disabled = isBusy;
        claim.disabled = isBusy;
        dismiss.disabled = isBusy;
      },
    };
  }

  function update() {
    const open = context.get("account")?.open ?? [];
    const keys = new Set(open.map(({ order }) => order));
    for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
    for (const entry of open) {
      if (!rows.has(entry.order)) rows.set(entry.order, row(entry));
      rows.get(entry.order).update(entry);
    }
    root.hidden = !open.length;
    arrange(list, open.map(({ order }) => rows.get(order).node));
  }

  context.follow(["account"], update);
  update();
  return root;
}

/** Make the charts: one of spending for each currency, and one of deliveries. */
function createCharts() {
  const spending = new Map(); // by currency
  const by = element("select", { onchange: () => update() },
    element("option", { value: "service" }, "service"), element("option", { value: "country" }, "country"));
  const deliveries = createDeliveries();
  const chosen = labelled("Codes by", by, { class: "smsn-field smsn-by" });
  const nothing = element("p", { class: "smsn-muted" }, "Nothing was bought in the last 30 days.");
  const charts = element("div", { class: "smsn-charts" });
  const root = element("div", {}, nothing, charts);
  deliveries.root.firstChild.after(chosen);
  let last = {};

  function update() {
    const [spent, delivered] = [last.spending ?? [], last.deliveries ?? []];
    const currencies = [...new Set(spent.map(({ currency }) => currency))];
    for (const [currency, chart] of spending) {
      if (!currencies.includes(currency)) {
        chart.destroy();
        spending.delete(currency);
      }
    }
    for (const currency of currencies) {
      if (!spending.has(currency)) spending.set(currency, createSpending(currency));
    }
    const rows = delivered.filter((entry) => entry.by === by.value);
    deliveries.root.hidden = !delivered.length;
    nothing.hidden = !last.spending || spent.length > 0 || delivered.length > 0;
    arrange(charts, [...currencies.map((currency) => spending.get(currency).root), deliveries.root]);
    currencies.forEach((currency) => spending.get(currency).update(spent.filter((entry) => entry.currency === currency)));
    if (rows.length) deliveries.update(rows, by.value);
  }

  return {
    root,
    update(account) {
      last = account;
      update();
    },
    destroy() {
      spending.forEach((chart) => chart.destroy());
      deliveries.destroy();
    },
  };
}

/** Make the part of a panel. */
export function createAccount(context) {
  const facts = element("dl", { class: "smsn-facts" });
  const trouble = element("p", { class: "smsn-trouble", "aria-live": "polite" });
  const again = button("Ask again", () => context.ask("account", "refresh"));
  const charts = createCharts();
  const root = element("section", { class: "smsn-part smsn-account", "aria-label": "Account" },
    facts, trouble, element("div", { class: "smsn-line" }, again), createOpenOrders(context), charts.root);
  const values = new Map();

  /** Write one fact; null takes it away. */
  function fact(name, value) {
    if (!values.has(name)) {
      const cell = element("dd");
      values.set(name, { pair: element("div", {}, element("dt", {}, name), cell), cell });
      facts.append(values.get(name).pair);
    }
    const { pair, cell } = values.get(name);
    pair.hidden = value === null;
    write(cell, value ?? "");
  }

  return {
    root,
    update() {
      const account = context.get("account") ?? {};
      const { provider, balance, currency, budget, spent, left, unknown, is_loading: isLoading } = account;
      const asking = isLoading !== false ? "asking…" : null;
      fact("Provider", provider ?? "");
      fact("Balance", asking ?? money(balance, currency));
      fact("Spent today (UTC)", asking ?? (money(spent, currency) + (unknown ? ` and ${unknown} of unknown cost` : "")));
      fact("Budget of a day", asking ?? (budget === null ? "none is set" : money(budget, currency)));
      fact("Left today", budget === null || asking ? null : money(left, currency));
      write(trouble, account.trouble ?? "");
      charts.update(account);
    },
    onShow: () => context.ask("account", "refresh"), // charts that nobody sees are not kept up
    destroy: charts.destroy,
  };
}
