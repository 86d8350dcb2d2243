/**
 * What the tabs of one account tell each other. The database is what they share; these are only notices that something
 * in it has changed.
 *
 * Events: `chat` {email}, `sending` {email} (there will be a new row in the outbox), `person` {email}, `key`,
 * `user` (one's own name), `storageLoss`, `outbox` (there is something to carry), `ended`.
 */
import { Emitter } from "../../lib/emitter.js";

export class Tabs extends Emitter {
  #channel;
  #isClosed = false;

  /** @param {string} email the account's */
  constructor(email) {
    super();
    this.#channel = new BroadcastChannel(`vibechat ${email}`);
    this.#channel.onmessage = ({ data }) => this.emit(data.name, data.detail);
  }

  /**
   * @param {"chat" | "sending" | "person" | "key" | "storageLoss" | "outbox" | "preferences" | "user" | "ended"} name
   * @param {{ email: string }} [detail]
   */
  tell(name, detail) {
    if (!this.#isClosed) {
      this.#channel.postMessage({ name, detail });
    }
  }

  close() {
    this.#isClosed = true;
    this.#channel.close();
  }
}
