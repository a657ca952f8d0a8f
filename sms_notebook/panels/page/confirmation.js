// A question before something that cannot be undone.

import { button, element, unique } from "./dom.js";

/**
 * Make it: { root, ask(words, act), dismiss() }.
 *
 * - keep: what the button says that leaves all as it is
 * - left: called when it goes and had the focus
 */
export function createConfirmation(keep, left) {
  let act = null;
  const question = element("span", { id: unique("question") }); // heard once its group has the focus
  const root = element("div", {
    class: "smsn-line smsn-confirm", role: "group", tabindex: -1, "aria-label": "To confirm", "aria-describedby": question.id, hidden: true,
  }, question, button("Confirm", confirm, { class: "smsn-button smsn-sure" }), button(keep, dismiss));
  root.addEventListener("keydown", (event) => event.key === "Escape" && dismiss());

  function confirm() {
    act?.();
    dismiss();
  }

  function dismiss() {
    const hadFocus = root.matches(":focus-within");
    act = null;
    root.hidden = true;
    question.replaceChildren(); // it may name a number
    if (hadFocus) left();
  }

  return {
    root,
    /** Ask in these words, text or elements; `act` is called once it is confirmed. */
    ask(words, confirmed) {
      act = confirmed;
      question.replaceChildren(...words);
      root.hidden = false;
      root.focus();
    },
    dismiss,
  };
}
