// Amounts and times as people read them.

import { priced } from "./money.js";

/** Write an amount with its currency; null is not known. */
export function money(amount, currency) {
  if (amount === null || amount === undefined) return "not known";
  return amount < 0 ? `−${priced(-amount, currency)}` : priced(amount, currency);
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC",
});

/** Write a moment: 30 Nov, 21:38 UTC. */
export const moment = (seconds) => `${MINUTE.format(new Date(seconds * 1000))} UTC`;

/** Write a day such as 2026-11-29. */
export const day = (iso) => DAY.format(new Date(`${iso}T00:00:00Z`));

/** Write what is left of something short, to the second: 18:20. */
export function countdown(seconds) {
  const whole = Math.max(Math.ceil(seconds), 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
