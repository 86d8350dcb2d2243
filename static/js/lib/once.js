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
      throw error;
    });
    return loading;
  };
}
