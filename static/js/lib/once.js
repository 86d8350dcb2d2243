/** A module of the page could not be loaded, for example because there is no network. */
export class LoadError extends Error {}

/**
 * @template Part
 * @param {() => Promise<Part>} load
 * @returns {() => Promise<Part>} it loads once; after a failure, the next call loads again
 */
export function once(load) {
  /** @type {Promise<Part> | null} */
  let loading = null;
  return () => {
    loading ??= load().catch((error) => {
      loading = null;
      // Browsers report a module that they could not fetch as one of these.
      throw error instanceof TypeError ? new LoadError(error.message, { cause: error }) : error;
    });
    return loading;
  };
}
