// How a new code is told: the title of the tab, a sound, a notification. Each can be switched.

import { element, set } from "./dom.js";

const STORE = "sms_notebook.tell";
const SWITCHES = [["title", "Tab title"], ["sound", "Sound"], ["notifications", "Notifications"]];
const PRESENCE_EVENTS = ["pointermove", "pointerdown", "keydown", "focus"]; // somebody is there
const TONES = [880, 1175];
const NOTHING = { title: true, sound: false, notifications: false };

/** What all panels of a page share: a code is told once, and there is one title. */
function pageOf() {
  const key = Symbol.for("sms_notebook.told");
  window[key] ??= { told: new Set(), count: 0, base: "", written: null };
  return window[key];
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {}; // forbidden, or not ours
  }
}

function store(wanted) {
  try {
    localStorage.setItem(STORE, JSON.stringify(wanted));
  } catch {
    // it is remembered with the panel
  }
}

const mayNotify = () => window.Notification?.permission === "granted";

/** Make the switches, and what they switch: { root, tell(news), restore(), update(), destroy() }. */
export function createNotifications(context) {
  const page = pageOf();
  let audio = null;
  let notes = []; // notifications that nobody has seen yet
  const switches = SWITCHES.map(([name, label]) => [name, element("button", {
    type: "button", role: "switch", class: "smsn-switch", "aria-checked": "false",
    onclick: () => toggle(name),
  }, label)]);
  const root = element("div", { class: "smsn-switches", role: "group", "aria-label": "New codes" },
    ...switches.map(([, node]) => node));

  function wanted() {
    const kept = { ...stored(), ...(context.choice("watch").tell ?? {}) };
    return Object.fromEntries(Object.entries(NOTHING).map(([name, value]) =>
      [name, typeof kept[name] === "boolean" ? kept[name] : value]));
  }

  const isOn = (name) => wanted()[name] && (name !== "notifications" || mayNotify());

  async function toggle(name) {
    const on = !isOn(name);
    if (on && name === "notifications" && !(await allowed())) return;
    const tell = { ...wanted(), [name]: on };
    store(tell);
    context.choose("watch", { tell });
    if (name === "title" && !on) restore();
    if (name === "sound" && on) beep(); // so that one knows it
    update();
  }

  async function allowed() {
    const answer = await window.Notification?.requestPermission();
    if (answer === "granted") return true;
    const why = answer === undefined ? "This browser has no notifications."
      : "The browser does not allow notifications: its settings of this page do.";
    context.say(why, "bad");
    return false;
  }

  function update() {
    switches.forEach(([name, node]) => set(node, "aria-checked", String(isOn(name))));
  }

  // Sound: a browser lets it be heard once somebody clicked

  function awake() {
    const Kind = window.AudioContext ?? window.webkitAudioContext;
    audio ??= Kind ? new Kind() : null;
    audio?.resume?.()?.catch?.(() => {});
    return audio;
  }

  function beep() {
    const player = awake();
    if (!player) return;
    TONES.forEach((frequency, at) => {
      const tone = player.createOscillator();
      const volume = player.createGain();
      const begin = player.currentTime + 0.16 * at;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, begin);
      volume.gain.exponentialRampToValueAtTime(0.2, begin + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.15);
      tone.connect(volume);
      volume.connect(player.destination);
      tone.start(begin);
      tone.stop(begin + 0.16);
    });
  }

  // The title, until somebody is there

  function mark(code) {
    if (document.title !== page.written) page.base = document.title; // or another one was written
    page.count += 1;
    page.written = `(${page.count}) ${code} · ${page.base}`;
    document.title = page.written;
  }

  /** Take back what was told: somebody has seen it, or must not see it any more. */
  function restore() {
    notes.forEach((note) => note.close?.());
    notes = [];
    if (page.written !== null && document.title === page.written) document.title = page.base;
    page.written = null;
    page.count = 0;
  }

  const attend = () => {
    const isTold = page.written !== null || notes.length > 0;
    if (isTold && !document.hidden && document.hasFocus()) restore();
  };
  const touched = () => audio === null && isOn("sound") && awake();
  PRESENCE_EVENTS.forEach((kind) => addEventListener(kind, attend, { passive: true, capture: true }));
  document.addEventListener("visibilitychange", attend);
  addEventListener("pointerdown", touched, true);

  function notify({ key, code, number, place }) {
    try {
      const note = new Notification(code, { body: `${number}\n${place}`, tag: key });
      note.onclick = () => window.focus();
      notes.push(note);
    } catch {
      // a telephone's browser wants a service worker for it
    }
  }

  update();
  return {
    root,
    update,
    restore,
    tell(news) {
      if (page.told.has(news.key)) return; // another panel of this page did
      page.told.add(news.key);
      if (isOn("title")) mark(news.code.slice(0, 40));
      if (isOn("sound")) beep();
      if (isOn("notifications")) notify(news);
    },
    destroy() {
      restore();
      PRESENCE_EVENTS.forEach((kind) => removeEventListener(kind, attend, { capture: true }));
      document.removeEventListener("visibilitychange", attend);
      removeEventListener("pointerdown", touched, true);
      audio?.close?.();
    },
  };
}
