/**
 * Web Push of this browser: its push service wakes the service worker while no page is open. It follows the person's choice, at each
 * load of the page and after each change.
 */
import { equal, fromBase64 } from "../../lib/bytes.js";
import { PushApi } from "../../net/push-api.js";
import { check } from "../server/validators.js";

/** @typedef {import("../session/preferences.js").Preferences} Preferences */

const LOCK = "vibechat push";
const KEY_BYTES = 65;

export class WebPush {
  #api;
  #database;
  #preferences;
  #registering;

  /** @param {{ api: Api, database: Database, preferences: Preferences, registering: Promise<ServiceWorkerRegistration | undefined> }} parts */
  constructor({ api, database, preferences, registering }) {
    this.#api = new PushApi(api);
    this.#database = database;
    this.#preferences = preferences;
    this.#registering = registering;
  }

  /** Whether this browser can be woken. On an iPhone or iPad only what was added to the Home Screen can. */
  async isPossible() {
    return (await this.#manager()) !== undefined;
  }

  /**
   * Subscribes or unsubscribes this browser. The address of a subscription may have changed, and the server may have
   * lost it, so it is told again each time.
   * @throws {unknown} the push service or the server has refused
   */
  follow() {
    return navigator.locks.request(LOCK, () => this.#follow());
  }

  async #follow() {
    const manager = await this.#manager();
    if (!manager) return;
    const { shows, closed } = this.#preferences.notifications;
    if (closed && shows !== "off" && Notification.permission === "granted") {
      await this.#subscribe(manager);
    } else {
      await (await manager.getSubscription())?.unsubscribe();
      await this.#keep(null);
    }
  }

  /** @param {PushManager} manager */
  async #subscribe(manager) {
    const applicationServerKey = readKey(await this.#api.state());
    let subscription = await manager.getSubscription();
    if (subscription && !isUnder(subscription, applicationServerKey)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await manager.subscribe({ userVisibleOnly: true, applicationServerKey });
    const { token } = await this.#api.subscribe(subscription);
    await this.#keep({ token: check(token, (value) => typeof value === "string", "token") });
  }

  /** @param {{ token: string } | null} push what the service worker calls the server with; null: it does not */
  async #keep(push) {
    await this.#database.write(["state"], async (stores) => void stores("state").put(push, "push"));
  }

  /** Has the server wake this browser now. */
  async test() {
    await this.#database.write(["state"], async (stores) => void stores("state").put(Date.now(), "push test"));
    await this.#api.test();
  }

  async #manager() {
    return (await this.#registering)?.pushManager;
  }
}

/** At log-out. The server wakes no browser whose session is over. */
export async function unsubscribeHere() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

/** @param {any} answer */
function readKey(answer) {
  return fromBase64(check(answer?.key, (key) => typeof key === "string" && fromBase64(key).length === KEY_BYTES, "key"));
}

/**
 * @param {PushSubscription} subscription
 * @param {Bytes} key
 */
function isUnder({ options }, key) {
  return options.applicationServerKey !== null && equal(new Uint8Array(options.applicationServerKey), key);
}
