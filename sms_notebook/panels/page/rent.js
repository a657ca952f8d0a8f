// Rent.

import { element, write } from "./dom.js";

/** Make the part of a panel. */
export function createRent(context) {
  const root = element("section", { class: "smsn-part" });
  return {
    root,
    update() {
      write(root, JSON.stringify(context.get("rent")));
    },
  };
}
