/**
 * The addresses of workers. The Content-Security-Policy allows the chat page this one policy of Trusted Types; with it, a page can start
 * a worker from these addresses and no other.
 */
const ADDRESSES = ["/service-worker.js"];

const policy = globalThis.trustedTypes?.createPolicy("vibechat-workers", { createScriptURL: known });

/** @param {string} address */
function known(address) {
  if (!ADDRESSES.includes(address)) throw new TypeError(`no worker of ours: ${address}`);
  return address;
}

/**
 * @param {string} address
 * @returns {string} that the browser accepts as the address of a worker
 * @throws {TypeError} it is none of the fixed addresses
 */
export function workerAddress(address) {
  return /** @type {string} */ (/** @type {unknown} */ (policy?.createScriptURL(address) ?? known(address)));
}
