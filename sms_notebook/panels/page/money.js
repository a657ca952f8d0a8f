// Amounts: what a person writes, and how it is shown.

const WRITTEN = /^(\d{0,9})(?:[.,](\d{1,9}))?$/;

/** Read a written amount: { amount: "0.50" }, or { why } it is none; nothing of an empty text. */
export function readAmount(text) {
  const typed = text.trim();
  if (!typed) return {};
  const [, whole, rest = ""] = WRITTEN.exec(typed) ?? [];
  if (whole === undefined || !(whole || rest)) {
    return { why: "This is no amount. Write one such as 0.25, or leave it empty." };
  }
  if (!/[1-9]/.test(whole + rest)) return { why: "Write an amount above 0, or leave it empty." };
  const cents = rest.replace(/0+$/, "").padEnd(2, "0");
  return { amount: `${whole.replace(/^0+(?=\d)/, "") || "0"}.${cents}` };
}

/** Write an amount with its currency: 0.50 USD. */
export function priced(amount, currency) {
  const written = typeof amount === "number" ? readAmount(amount.toFixed(6)).amount ?? "0.00" : amount;
  return currency ? `${written} ${currency}` : written;
}
