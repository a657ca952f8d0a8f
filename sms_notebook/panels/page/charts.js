// Small charts, drawn of plain data: a picture whose name tells the figures, and the figures as a table.

import { element, set, write } from "./dom.js";
import { day, money } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const [FEWEST, MOST] = [7, 30]; // days that are drawn
const LETTER = 7.4; // px of a name that is drawn

function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const words = (x, y, text, kind = "", anchor = "start") =>
  shape("text", { x, y, class: `smsn-chart-text ${kind}`, "text-anchor": anchor }, text);

/** Make a figure: a title, a picture that is drawn as wide as there is room, and a table on demand. */
function createFigure(title) {
  const heading = element("h4", {}, title);
  const picture = shape("svg", { role: "img", class: "smsn-chart" });
  const key = element("p", { class: "smsn-muted smsn-key" });
  const head = element("tr");
  const rows = element("tbody");
  const table = element("table", {}, element("caption", { class: "smsn-unseen" }, title), element("thead", {}, head), rows);
  const figures = element("details", {}, element("summary", {}, "Figures as a table"), element("div", { class: "smsn-scroll" }, table));
  const root = element("figure", { class: "smsn-figure" }, heading, picture, key, figures);
  let drawn = () => ({ height: 0, shapes: [] });

  function draw() {
    const width = Math.floor(root.clientWidth);
    if (!width) return;
    const { height, shapes } = drawn(width);
    set(picture, "viewBox", `0 0 ${width} ${height}`);
    set(picture, "width", width);
    set(picture, "height", height);
    picture.replaceChildren(...shapes);
  }

  const resized = new ResizeObserver(draw);
  resized.observe(root);
  return {
    root,
    /** Show something: what it tells, how it is drawn for a width, and its table. */
    show({ label, paint, columns, lines, legend = [] }) {
      set(picture, "aria-label", label);
      drawn = paint;
      key.replaceChildren(...legend.flatMap(([kind, meaning]) => [
        element("span", { class: `smsn-swatch ${kind}` }), `${meaning} `,
      ]));
      head.replaceChildren(...columns.map((column) => element("th", { scope: "col" }, column)));
      rows.replaceChildren(...lines.map((line) => element("tr", {}, ...line.map((cell, at) =>
        element(at ? "td" : "th", at ? {} : { scope: "row" }, element("bdi", {}, String(cell)))))));
      draw();
    },
    rename: (next) => write(heading, next),
    destroy: () => resized.disconnect(),
  };
}

/** Return the days from the first to the last, a week at least and a month at most. */
function daysOf(entries) {
  const at = (iso) => Date.parse(`${iso}T00:00:00Z`) / 86_400_000;
  const last = at(entries.at(-1).day);
  const first = Math.min(Math.max(at(entries[0].day), last - MOST + 1), last - FEWEST + 1);
  const isos = [];
  for (let number = first; number <= last; number += 1) isos.push(new Date(number * 86_400_000).toISOString().slice(0, 10));
  return isos;
}

/** Make the chart of what was spent on each day, in one currency: entries of `account.spending`. */
export function createSpending(currency) {
  const figure = createFigure(`Spent per day${currency ? `, ${currency}` : ""}`);
  return {
    root: figure.root,
    destroy: figure.destroy,
    update(entries) {
      const byDay = new Map(entries.map((entry) => [entry.day, entry]));
      const days = daysOf(entries);
      const most = Math.max(...entries.map(({ spent }) => spent), 0) || 1;
      const known = days.filter((iso) => byDay.has(iso)).map((iso) => byDay.get(iso));
      const total = known.reduce((sum, { spent }) => sum + spent, 0);
      const unknown = known.reduce((sum, entry) => sum + entry.unknown, 0);
      const also = unknown ? `; ${unknown} of unknown cost` : "";
      const sum = money(Math.round(total * 1e6) / 1e6, currency);
      figure.show({
        label: `Spent per day (UTC), ${sum} in all${also}: ${known.map((entry) => `${day(entry.day)} ${money(entry.spent, currency)}`).join(", ")}`,
        columns: ["Day (UTC)", "Spent", "Came back", "Purchases"],
        lines: known.toReversed().map((entry) => [
          entry.day, money(entry.spent, currency) + (entry.unknown ? ` and ${entry.unknown} of unknown cost` : ""),
          money(entry.back, currency), entry.purchases,
        ]),
        paint(width) {
          const [top, base, left] = [18, 112, 2];
          const each = Math.min((width - 2 * left) / days.length, 48);
          const bars = days.flatMap((iso, at) => {
            const { spent = 0 } = byDay.get(iso) ?? {};
            const height = Math.max(((base - top) * Math.max(spent, 0)) / most, spent > 0 ? 2 : 0);
            const bar = shape("rect", {
              x: left + at * each + 1, y: base - height, width: Math.max(each - 2, 1), height, rx: 2, class: "smsn-bar-spent",
            }, shape("title", {}, `${day(iso)}: ${money(spent, currency)}`));
            const label = each < 44 || !spent ? [] : [words(left + (at + 0.5) * each, base - height - 4, money(spent), "", "middle")];
            return [bar, ...label];
          });
          const right = left + days.length * each;
          const many = each < 44 ? [words(left, 11, `at most ${money(most, currency)} a day`, "smsn-quiet")] : [];
          const dates = each >= 44
            ? days.map((iso, at) => words(left + (at + 0.5) * each, base + 14, day(iso), "smsn-quiet", "middle"))
            : [words(left, base + 14, day(days[0]), "smsn-quiet"), words(right, base + 14, day(days.at(-1)), "smsn-quiet", "end")];
          const line = shape("line", { x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5, class: "smsn-axis" });
          return { height: base + 20, shapes: [...bars, line, ...many, ...dates] };
        },
      });
    },
  };
}

const LEGEND = [["smsn-bar-code", "a code came"], ["smsn-bar-none", "none came"], ["smsn-bar-waiting", "waiting"]];

/** Make the chart of how many numbers got a code: entries of `account.deliveries` by one thing. */
export function createDeliveries() {
  const figure = createFigure("Codes of numbers");
  return {
    root: figure.root,
    destroy: figure.destroy,
    update(entries, by) {
      const whole = (entry) => entry.codes + entry.none + entry.waiting;
      const most = Math.max(...entries.map(whole), 1);
      const summary = (entry) => `${entry.codes} of ${whole(entry)}${entry.waiting ? `, ${entry.waiting} waiting` : ""}`;
      figure.rename(`Codes of numbers by ${by}`);
      figure.show({
        label: `Codes of numbers by ${by}: ${entries.map((entry) => `${entry.name} ${summary(entry)}`).join("; ")}`,
        columns: [by === "service" ? "Service" : "Country", "Codes", "None came", "Waiting"],
        lines: entries.map((entry) => [entry.name, entry.codes, entry.none, entry.waiting]),
        legend: LEGEND,
        paint(width) {
          const [each, left, right] = [24, Math.min(130, width * 0.38), 92];
          const room = Math.max(width - left - right, 20);
          const letters = Math.floor(left / LETTER);
          const shapes = entries.flatMap((entry, at) => {
            const y = at * each;
            const name = entry.name.length > letters ? `${entry.name.slice(0, letters - 1)}…` : entry.name;
            let x = left;
            const bars = [["smsn-bar-code", entry.codes], ["smsn-bar-none", entry.none], ["smsn-bar-waiting", entry.waiting]]
              .filter(([, count]) => count).map(([kind, count]) => {
                const long = (room * count) / most;
                const bar = shape("rect", { x, y: y + 4, width: Math.max(long - 1, 1), height: 14, rx: 2, class: kind });
                x += long;
                return bar;
              });
            const group = shape("g", {}, shape("title", {}, `${entry.name}: ${summary(entry)}`), words(0, y + 15, name), ...bars);
            return [group, words(x + 6, y + 15, `${entry.codes} of ${whole(entry)}`, "smsn-quiet")];
          });
          return { height: entries.length * each + 2, shapes };
        },
      });
    },
  };
}
