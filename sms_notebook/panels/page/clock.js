// The provider's clock, which runs in the browser: no message is sent for a second that passed.

/**
 * Make a clock that follows `model.get("clock")`: { now, wall, rate }, the provider's time and the
 * kernel's as they stood together, in seconds, and how fast the former goes. A sandbox's clock can
 * be stepped, or stand still: then another one comes.
 */
export function createClock(model) {
  const listeners = new Set();
  let base = 0;
  let since = 0;
  let pace = 1;

  /** Take a pair. What comes just now needs no clock of this machine; what was kept, does. */
  function take(isNew) {
    const { now, wall, rate = 1 } = model.get("clock") ?? {};
    const passed = isNew || !wall ? 0 : Math.max(Date.now() / 1000 - wall, 0);
    base = (now ?? Date.now() / 1000) + rate * passed;
    pace = rate;
    since = performance.now();
  }

  const taken = () => {
    take(true);
    tick();
  };
  const tick = () => listeners.forEach((listener) => listener());
  take(false);
  model.on("change:clock", taken);
  const timer = setInterval(tick, 1000);

  return {
    /** Return the provider's time, in seconds. */
    now: () => base + (pace * (performance.now() - since)) / 1000,
    /** Call something each second; returns how to stop that. */
    each(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    destroy() {
      clearInterval(timer);
      model.off("change:clock", taken);
    },
  };
}

/** Write how long something takes: 9 s, 1:40, 19 min, 5 h, 2 d 3 h. */
export function duration(seconds) {
  const whole = Math.max(Math.ceil(seconds), 0);
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  const hours = Math.floor(whole / 3600);
  if (hours < 24) return `${hours} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
