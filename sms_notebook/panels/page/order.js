// Order.

import { element, write } from "./dom.js";

/** Make the part of a panel. */
export function createOrder(context) {
  const root = element("section", { class: "smsn-part" });
  return {
    root,
    update() {
      write(root, JSON.stringify(context.get("order")));
    },
  };
}
