// Whether a click is on its way: a kernel that computes hears of it later.

const PATIENCE = 60_000; // ms

/**
 * Tell whether something that costs money was asked for, until Python says anything.
 *
 * `changed` is called when that changes. Returns { is(), begin(), destroy() }.
 */
export function createSending(context, changed) {
  let timer = 0;

  function settle() {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    changed();
  }

  context.follow(["status"], settle);
  return {
    is: () => timer > 0,
    begin() {
      clearTimeout(timer);
      timer = setTimeout(settle, PATIENCE);
      changed();
    },
    destroy: () => clearTimeout(timer),
  };
}
