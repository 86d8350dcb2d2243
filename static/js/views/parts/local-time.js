/**
 * The calendar day and the time zone of this machine. Both can change while a page stays open: at midnight, after sleep, on a
 * journey, when somebody sets the clock. What is drawn from them is drawn again when they change.
 */
import { listen } from "../../lib/emitter.js";
import { every } from "../../lib/timing.js";

const DAY_MS = 86_400_000;
// No event reports a new time zone, and none tells a visible page that the machine woke from sleep.
const CHECK_MS = 10_000;

let zone = currentZone();

function currentZone() {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @returns {string} the zone in which times are formatted now */
export function timeZone() {
  return zone;
}

/**
 * @param {Date} at
 * @returns {number} of its calendar day here; the next day has the next number
 */
export function dayNumber(at) {
  return Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / DAY_MS);
}

/** An `Intl.DateTimeFormat` keeps the time zone in which it was made. This one is made again in a new zone. */
export class LocalFormat {
  #options;
  #zone = "";
  /** @type {Intl.DateTimeFormat | null} */
  #format = null;

  /** @param {Intl.DateTimeFormatOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {Date} at */
  format(at) {
    if (this.#zone !== zone) this.#format = null;
    this.#zone = zone;
    this.#format ??= new Intl.DateTimeFormat(undefined, this.#options);
    return this.#format.format(at);
  }
}

/**
 * @param {() => void} redraw called when the day or the time zone has changed
 * @returns {() => void} stops watching
 */
export function watchLocalTime(redraw) {
  let drawn = "";
  const read = () => {
    zone = currentZone();
    return `${dayNumber(new Date())} ${zone}`;
  };
  const check = () => {
    const before = drawn;
    drawn = read();
    if (drawn !== before) redraw();
  };
  drawn = read();
  const timer = every(CHECK_MS, check);
  const stops = [
    listen("document", ["visibilitychange", "resume"], check),
    listen("page", ["pageshow", "focus"], check),
  ];
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}
