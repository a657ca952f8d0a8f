// The countries of a service: what a number costs in each, found by typing, chosen by click or Enter.

import { duration } from "./clock.js";
import { rank } from "./combobox.js";
import { element, fold, isolated, labelled, set, write } from "./dom.js";
import { createGrid } from "./grid.js";
import { priced } from "./money.js";

const WORD = /^[a-z0-9][a-z0-9_-]*$/; // what a provider without ids calls a country
const PAUSE = 400; // ms until it is remembered what was typed
const whole = new Intl.NumberFormat("en");

let drawsFlags; // whether this browser has a font for them

/** Make the flag of a country: two letters that fonts draw as one; where none does, the ISO code. */
export function flagOf(iso) {
  const isKnown = /^[A-Z]{2}$/.test(iso);
  const letters = isKnown ? [...iso].map((letter) => String.fromCodePoint(0x1f1a5 + letter.charCodeAt(0))) : [];
  if (isKnown && drawsFlags === undefined) {
    const pen = document.createElement("canvas").getContext("2d");
    const [pair, single] = [letters.join(""), letters[0]].map((text) => pen?.measureText(text).width ?? 0);
    drawsFlags = pair < 1.5 * single;
  }
  const kind = drawsFlags ? "smsn-flag" : "smsn-flag smsn-flagless";
  return element("span", { class: kind, "data-iso": iso, "aria-hidden": "true" }, letters.join(""));
}

/** Fill a cell with what is known; what is not looks so. */
function fill(cell, words, instead) {
  write(cell, words ?? instead);
  cell.classList.toggle("smsn-muted", words === null);
}

function drawName(cell, row) {
  if (cell.dataset.name === row.name && cell.dataset.iso === row.iso) return;
  Object.assign(cell.dataset, { name: row.name, iso: row.iso });
  cell.replaceChildren(flagOf(row.iso), isolated(row.name));
  set(cell, "title", row.name);
}

const COLUMNS = [
  { key: "country", title: "Country", sort: (row) => row.name, draw: drawName },
  {
    key: "price", title: "Price", numeric: true, hint: "Of one number",
    sort: (row) => (row.price === null ? null : Number(row.price)),
    draw: (cell, row) => fill(cell, row.price, "not known"),
  },
  {
    key: "stock", title: "Stock", numeric: true, hint: "Numbers that can be bought now",
    sort: (row) => row.stock,
    draw: (cell, row) => fill(cell, row.stock === null ? null : whole.format(row.stock), "not known"),
  },
  {
    key: "success", title: "Success", numeric: true,
    hint: "Numbers to which a code came, as the provider publishes it",
    sort: (row) => row.success,
    draw: (cell, row) => fill(cell, percent(row.success), "not known"),
  },
  {
    key: "seconds", title: "Time to code", numeric: true,
    hint: "From buying to the first code: the middle one of your own numbers",
    sort: (row) => row.seconds,
    draw: (cell, row) => fill(cell, row.seconds === null ? null : duration(row.seconds), "none yet"),
  },
];

function percent(share) {
  return share === null ? null : `${Number(share.toFixed(2))} %`;
}

/** Return what a row is called: its country, and what is known of it. */
function nameOf(row, currency) {
  const parts = [row.name];
  if (row.price !== null) parts.push(priced(row.price, currency));
  if (row.stock !== null) parts.push(`${whole.format(row.stock)} in stock`);
  if (row.success !== null) parts.push(`success ${percent(row.success)}`);
  if (row.seconds !== null) parts.push(`${duration(row.seconds)} to a code`);
  return parts.join(", ");
}

/**
 * Make the table, and the field above it.
 *
 * - choose(key): called with the country that is chosen
 * - typed(text), sorted(order): what is remembered
 *
 * Returns { filter, root, count, update({ offers, catalogue, country, words }), restore({ filter, sort }),
 * row(key), destroy() }.
 */
export function createCountries({ choose, typed, sorted }) {
  let known = null; // the list that the names are of
  let names = new Map(); // key → { name, iso, folded, words }
  let rows = [];
  let isFree = false;
  let currency = "";
  let savedFilter = ""; // what is remembered of the field
  let order = "null"; // and of the order
  let timer = 0;
  let lastWords = "";
  const field = element("input", {
    type: "text", autocomplete: "off", spellcheck: "false", placeholder: "Name, ISO code or id, such as KZ",
  });
  const filter = labelled("Filter countries", field);
  const count = element("span", { class: "smsn-muted", "aria-live": "polite" });
  const grid = createGrid({
    label: "Countries", columns: COLUMNS, kind: "smsn-countries",
    widths: "minmax(0,2.2fr) minmax(0,1fr) minmax(0,1fr) minmax(0,1fr) minmax(0,1.1fr)",
    id: (row) => row.key,
    name: (row) => nameOf(row, currency),
    choose: (row) => choose(row.key),
    sorted(next) {
      order = JSON.stringify(next);
      sorted(next);
      tell();
    },
    empty: " ",
    more: 250, // all of them: so few can be looked through by the browser's own search
  });

  function learn(countries) {
    if (countries === known) return;
    known = countries;
    names = new Map(countries.map(([key, name, iso, words]) =>
      [key, { name, iso, folded: fold(name), words: words.map(fold) }]));
  }

  function make([key, price, stock, success, seconds]) {
    const of = names.get(key) ?? { name: key, iso: "", folded: fold(key), words: [] };
    return { ...of, key, price, stock, success, seconds };
  }

  /** Return the rows that fit what is typed, those that fit best first. */
  function fitting() {
    const wanted = fold(field.value);
    if (!wanted) return rows;
    const ranked = rows.map((row) => [rank(row.folded, row.words, wanted), row]).filter(([place]) => place < 5);
    const matches = ranked.sort(([left], [right]) => left - right).map(([, row]) => row);
    if (isFree && WORD.test(wanted) && !rows.some((row) => row.key === wanted)) {
      matches.unshift(make([wanted, null, null, null, null]));
    }
    return matches;
  }

  function show() {
    const matches = fitting();
    grid.show(matches);
    tell(matches);
  }

  function tell(matches = fitting()) {
    const all = rows.length;
    const part = matches.length === all ? "" : `${matches.length} of `;
    const best = order === "null" && !part ? ", the least money for a code first" : "";
    const prices = currency && `; prices in ${currency}`;
    write(count, all ? `${part}${all} ${all === 1 ? "country" : "countries"}${best}${prices}` : "");
  }

  const keep = () => {
    clearTimeout(timer);
    if (savedFilter !== field.value) typed(savedFilter = field.value);
  };
  field.addEventListener("input", () => {
    grid.toTop();
    show();
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  });
  field.addEventListener("blur", keep);
  field.addEventListener("keydown", (event) => {
    const first = grid.first();
    if (event.key === "Escape") field.value = "";
    else if (event.key === "ArrowDown" && first) grid.enter();
    else if (event.key === "Enter" && first && field.value.trim()) choose(first.key);
    else return;
    event.preventDefault();
    if (event.key === "Escape") show();
  });

  return {
    filter,
    root: grid.root,
    count,
    update({ offers, catalogue, country, words }) {
      learn(catalogue.countries ?? []);
      isFree = Boolean(catalogue.is_free);
      currency = catalogue.currency ?? "";
      rows = (offers ?? []).map(make);
      if (isFree && country && !rows.some(({ key }) => key === country)) {
        rows.push(make([country, null, null, null, null]));
      }
      if (words !== lastWords) grid.say(words || "No country matches.");
      lastWords = words;
      grid.select(country);
      show();
    },
    /** Take what was set before, or elsewhere. */
    restore({ filter: text = "", sort = null }) {
      if (text !== savedFilter && !field.matches(":focus")) field.value = savedFilter = text;
      if (JSON.stringify(sort) !== order) {
        order = JSON.stringify(sort);
        grid.sort(sort);
      }
    },
    row: (key) => rows.find((row) => row.key === key),
    destroy() {
      clearTimeout(timer);
      grid.destroy();
    },
  };
}
