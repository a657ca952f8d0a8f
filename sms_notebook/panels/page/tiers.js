// The prices of a country above the cheapest: more money, more numbers. Asked for on demand.

import { button, element, set, unique, write } from "./dom.js";
import { createGrid } from "./grid.js";
import { priced } from "./money.js";

const whole = new Intl.NumberFormat("en");
const MEANINGS = {
  exact: "So many numbers cost exactly that.",
  cumulative: "So many numbers cost that or less.",
};

/**
 * Make the prices of what is chosen.
 *
 * - ask({ service, country }): called when they are wanted
 * - take(price): called with one that is chosen as the highest price
 *
 * Returns { opener, root, update({ state, catalogue, choice, isThere }), destroy() }.
 */
export function createTiers({ ask, take }) {
  const id = unique("tiers");
  const opener = button("More prices", () => toggle(), { "aria-expanded": "false", "aria-controls": id });
  const head = element("p", { class: "smsn-muted" });
  let currency = "";
  let place = {};
  let isOpen = false;
  const grid = createGrid({
    label: "Price tiers", widths: "1fr 1fr", kind: "smsn-tiers",
    columns: [
      { key: "tier", title: "Up to", numeric: true, text: ([price]) => priced(price, currency) },
      {
        key: "listed", title: "Numbers", numeric: true,
        text: ([, count]) => (count === null ? "not known" : whole.format(count)),
      },
    ],
    id: ([price]) => price,
    name: ([price, count]) => `${priced(price, currency)}${count === null ? "" : `, ${whole.format(count)} numbers`}`,
    choose: ([price]) => {
      grid.select(price);
      take(price);
    },
  });
  const root = element("div", { id, hidden: true }, head, grid.root);

  function toggle() {
    isOpen = !isOpen;
    if (isOpen) ask(place);
    show();
  }

  function show() {
    set(opener, "aria-expanded", String(isOpen));
    root.hidden = !isOpen;
  }

  return {
    opener,
    root,
    update({ state, catalogue, choice, isThere }) {
      const { service, country } = choice;
      if (service !== place.service || country !== place.country) {
        isOpen = false; // they are another country's
        grid.select(null);
        show();
      }
      place = { service, country };
      currency = catalogue.currency;
      opener.hidden = !catalogue.has_tiers;
      opener.disabled = !isThere;
      const tiers = state.tiers ?? {};
      const isOurs = Boolean(country) && tiers.service === service && tiers.country === country;
      const { kind, rows = [], trouble } = isOurs ? tiers : {};
      grid.root.hidden = !rows.length;
      grid.show(rows);
      const meaning = MEANINGS[kind] ?? "Whether so many numbers cost that, or up to that, is not known.";
      const words = rows.length ? `Choose one as the highest price. ${meaning}` : "No other prices are named.";
      write(head, !isOurs ? "Asking for prices…" : trouble || words);
    },
    destroy: grid.destroy,
  };
}
