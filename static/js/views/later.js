/**
 * What the first screen does without, and the only file that loads anything later: each part by a name that is written
 * out here, so that the page's own list of modules says what it may be. A part is fetched as soon as the browser has
 * nothing better to do; from then on its first use is quick, and needs no network.
 */

// Something else may keep the browser busy for long.
const WITHIN_MS = 2000;

export const dialogs = once(() => import("./dialogs.js"));

const ALL = [dialogs];

/** @param {() => unknown} work what nobody waits for */
export function whenIdle(work) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: WITHIN_MS });
  else setTimeout(work, WITHIN_MS);
}

/** @returns {Promise<boolean>} false: something of it could not be had now */
export function loadTheRest() {
  return Promise.all(ALL.map((part) => part())).then(() => true, () => false);
}

/**
 * @template Part
 * @param {() => Promise<Part>} load
 * @returns {() => Promise<Part>} the same each time; what could not be had is asked for anew
 */
export function once(load) {
  /** @type {Promise<Part> | null} */
  let loading = null;
  return () => {
    loading ??= load().catch((error) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}
