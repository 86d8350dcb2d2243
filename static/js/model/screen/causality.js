/**
 * What the writer of a message had got by then: `received` inside the encryption says it (docs/protocol.md §5.5, §7.3).
 * A message stands behind what it names, and is marked where it stands below something that its writer had not got. Pure.
 */

/** @typedef {import("./arrangement.js").Placed} Placed */
/**
 * @typedef {object} Around
 * @property {boolean} hasOlder there are older messages than those that are shown
 * @property {Set<string>} silent places (`placeOf`) of what is not shown: skips
 * @property {Set<number>} unsent counters of this browser's that have not left
 * @property {number} browsers how many of the peer's are known
 */

/**
 * @param {{ browser?: string, counter?: number }} place
 * @returns {string}
 */
export function placeOf({ browser = "", counter = 0 }) {
  return `${browser} ${counter}`;
}

/**
 * @param {Placed[]} placed
 * @returns {Placed[]} whatever ids the server gives them. A hash cannot name what was written later, so this comes to an end
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
 * @param {Placed[]} placed as they are shown
 * @param {Around} around
 * @returns {Placed[]}
 */
export function withUnaware(placed, around) {
  const shown = new Set(placed.map(({ row }) => placeOf(row)));
  /** @type {Map<boolean, Map<string, { counters: Set<number>, lowest: number }>>} by whose, by browser: what stands above */
  const above = new Map([[true, new Map()], [false, new Map()]]);
  return placed.map((one) => {
    const { mine, browser, counter = 0 } = one.row;
    const others = [...(above.get(!mine) ?? [])];
    const isUnaware = one.words?.received !== undefined && others.some(([other, standing]) => lacks(one, other, standing, { ...around, shown }));
    if (browser) {
      const standing = above.get(mine)?.get(browser) ?? { counters: new Set(), lowest: counter };
      standing.counters.add(counter);
      above.get(mine)?.set(browser, { ...standing, lowest: Math.min(standing.lowest, counter) });
    }
    return isUnaware ? { ...one, item: { ...one.item, unaware: true } } : one;
  });
}

/**
 * The first one that a writer had not got is looked for: what came after it may have been there, and not counted.
 * @param {Placed} one
 * @param {string} browser of the other person's
 * @param {{ counters: Set<number>, lowest: number }} standing what of it stands above
 * @param {Around & { shown: Set<string> }} around
 * @returns {boolean}
 */
function lacks({ row, words }, browser, { counters, lowest }, { hasOlder, silent, unsent, browsers, shown }) {
  const named = words?.received?.find((entry) => entry.browser === browser);
  // A browser that came later has nothing of what was before, and its person may have read it.
  if (!named && !row.mine && browsers > 1) {
    return false;
  }
  let first = (named?.counter ?? 0) + 1;
  const isSilent = (/** @type {string} */ place) => silent.has(place) && !shown.has(place);
  while (isSilent(placeOf({ browser, counter: first }))) {
    first += 1;
  }
  const isFurtherUp = !row.mine && hasOlder && lowest > first && !unsent.has(first) && !shown.has(placeOf({ browser, counter: first }));
  return counters.has(first) || isFurtherUp;
}
