/**
 * Orders messages by `received`, which says inside the encryption what the writer had received (docs/protocol.md §5.5,
 * §7.3). A message is placed after the messages that it names. It is marked if it is below a message that its writer had
 * not received.
 */

// Two people who write at once cross within this time.
const CROSSING_MS = 10_000;

/** @typedef {import("./arrangement.js").Placed} Placed */
/**
 * @typedef {object} Around
 * @property {boolean} hasOlder there are older messages than the shown ones
 * @property {Set<string>} silent places (`placeOf`) of messages that are not shown: skips
 * @property {Set<number>} unsent counters of this browser's unsent messages
 * @property {number} browsers how many browsers of the peer are known
 * @property {number} ownBrowsers how many of this person
 */
/** @typedef {{ sentAtMs: Map<number, number | undefined>, lowest: number }} Standing the messages of a browser above: by counter, when each was
 *   written, where that is known */

/**
 * @param {{ browser?: string, counter?: number }} place
 * @returns {string}
 */
export function placeOf({ browser = "", counter = 0 }) {
  return `${browser} ${counter}`;
}

/**
 * @param {Placed[]} placed
 * @returns {Placed[]} each message after those that it names. A hash cannot name a later message, so this terminates
 */
export function behindNamed(placed) {
  const places = new Map(placed.map(({ row, words }, index) => [`${placeOf(row)} ${words?.hash}`, index]));
  const moved = placed.map((one, index) => {
    const named = (one.words?.received ?? []).map((name) => places.get(`${placeOf(name)} ${name.hash}`) ?? -1);
    return { one, index, behind: Math.max(index, ...named) };
  });
  if (moved.every(({ index, behind }) => index === behind)) {
    return placed;
  }
  return moved.sort((left, right) => left.behind - right.behind || Number(left.index < left.behind) - Number(right.index < right.behind))
    .map(({ one }) => one);
}

/**
 * @param {Placed[]} placed in the shown order
 * @param {Around} around
 * @returns {Placed[]}
 */
export function withUnaware(placed, around) {
  const shown = new Set(placed.map(({ row }) => placeOf(row)));
  /** @type {Map<boolean, Map<string, Standing>>} by `mine`, by browser */
  const above = new Map([[true, new Map()], [false, new Map()]]);
  return placed.map((one) => {
    const { mine, browser, counter = 0 } = one.row;
    const lacked = one.words?.received === undefined ? [] : [...(above.get(!mine) ?? [])]
      .flatMap(([other, standing]) => lackedOf(one, other, standing, { ...around, shown }));
    if (browser) {
      const standing = above.get(mine)?.get(browser) ?? { sentAtMs: new Map(), lowest: counter };
      standing.sentAtMs.set(counter, one.words?.sentAtMs);
      above.get(mine)?.set(browser, { ...standing, lowest: Math.min(standing.lowest, counter) });
    }
    if (lacked.length === 0) {
      return one;
    }
    return { ...one, item: { ...one.item, unaware: lacked.every((otherMs) => crosses(one, otherMs)) ? "crossing" : "held" } };
  });
}

/**
 * When a message of that browser above was written that the writer had not received. Only the first counter after `received`
 * counts: later ones may have arrived without being counted in `received`.
 * @param {Placed} one
 * @param {string} browser of the other person
 * @param {Standing} standing its messages above
 * @param {Around & { shown: Set<string> }} around
 * @returns {(number | undefined)[]} none: the writer had received them; undefined: it is not known when
 */
function lackedOf(one, browser, { sentAtMs, lowest }, around) {
  const { row, words } = one;
  const { hasOlder, unsent, shown } = around;
  // A newer browser of the writer does not have earlier messages, though the writer may have read them.
  if (!words?.received?.some((entry) => entry.browser === browser) && (row.mine ? around.ownBrowsers : around.browsers) > 1) {
    return [];
  }
  const first = firstLacked(one, browser, around);
  const isFurtherUp = !row.mine && hasOlder && lowest > first && !unsent.has(first) && !shown.has(placeOf({ browser, counter: first }));
  return sentAtMs.has(first) || isFurtherUp ? [sentAtMs.get(first)] : [];
}

/**
 * @param {Placed} one
 * @param {string} browser of the other person
 * @param {Around & { shown: Set<string> }} around
 * @returns {number} its first counter that the writer had not received
 */
function firstLacked({ words }, browser, { silent, shown }) {
  let first = (words?.received?.find((entry) => entry.browser === browser)?.counter ?? 0) + 1;
  const isSilent = (/** @type {string} */ place) => silent.has(place) && !shown.has(place);
  while (isSilent(placeOf({ browser, counter: first }))) {
    first += 1;
  }
  return first;
}

/**
 * Each by its writer's clock. A server that holds one of two messages back is marked less only if they were written so close together.
 * @param {Placed} one
 * @param {number | undefined} otherMs
 */
function crosses({ words }, otherMs = Infinity) {
  return Math.abs((words?.sentAtMs ?? 0) - otherMs) <= CROSSING_MS;
}
