/**
 * This browser cannot write or read its storage. Views choose the words by `code`:
 * - device_blocked: the browser allows this site no storage
 * - device_full: there is no space left
 * - device_held: another tab does not close the database
 * - device_newer: a newer version of the page has changed the database
 * - device_closed: this tab has closed the database, because of a log-out or another tab
 * - device_failed: anything else
 */
export class StorageError extends Error {
  /**
   * @param {string} code
   * @param {unknown} [cause]
   */
  constructor(code, cause) {
    super(code, { cause });
    this.name = "StorageError";
    this.code = code;
  }
}

/** @type {Map<string, string>} code by the name of IndexedDB's exception */
const CODES = new Map([
  ["SecurityError", "device_blocked"],
  ["NotAllowedError", "device_blocked"],
  ["InvalidStateError", "device_blocked"],
  ["QuotaExceededError", "device_full"],
  ["TimeoutError", "device_held"],
  ["VersionError", "device_newer"],
]);

/**
 * @param {unknown} error of a call of IndexedDB
 * @returns {unknown} a StorageError for an exception of IndexedDB; any other error unchanged
 */
export function asStorageError(error) {
  return error instanceof DOMException ? new StorageError(CODES.get(error.name) ?? "device_failed", error) : error;
}
