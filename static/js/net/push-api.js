/** The endpoints of Web Push. The page loads it on demand. */
import { toBase64 } from "../lib/bytes.js";

/** @typedef {{ endpoint: string, p256dh: string, auth: string }} Members of a subscription, the bytes in base64 */

export class PushApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  state() {
    return this.#api.call("GET", "/push");
  }

  /** @param {PushSubscription} subscription */
  subscribe(subscription) {
    return this.#api.call("POST", "/push", { body: membersOf(subscription) });
  }

  test() {
    return this.#api.call("POST", "/push/test", { body: {} });
  }

  /**
   * @param {string} token of the subscription
   * @param {number} after a sequence
   */
  news(token, after) {
    return this.#api.call("POST", "/push/news", { body: { token, after }, token: null });
  }

  /**
   * @param {string} token of the subscription
   * @param {PushSubscription} subscription that has taken its place
   */
  moved(token, subscription) {
    return this.#api.call("POST", "/push/moved", { body: { token, ...membersOf(subscription) }, token: null });
  }
}

/**
 * @param {PushSubscription} subscription
 * @returns {Members}
 */
function membersOf(subscription) {
  const key = (/** @type {PushEncryptionKeyName} */ name) => toBase64(new Uint8Array(subscription.getKey(name) ?? []));
  return { endpoint: subscription.endpoint, p256dh: key("p256dh"), auth: key("auth") };
}
