/** Code of the page could not be loaded now: there is no network, say. */
export class LoadError extends Error {}

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
      // As which browsers report a module that they could not fetch.
      throw error instanceof TypeError ? new LoadError(error.message, { cause: error }) : error;
    });
    return loading;
  };
}
