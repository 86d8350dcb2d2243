/**
 * Messages between the tabs of one account. The tabs share the database; the messages only say what has changed in it.
 *
 * Events: `chat` {email}, `history` {email} (older messages have come from the archive), `sending` {email} (a row of the outbox will follow), `named` {email, hash} (a decrypted message or
 * receipt names another message by its hash), `person` {email}, `key`, `user` (the own name), `storageLoss`, `preferences`,
 * `outbox` (there is something to send), `vault` (the stored vault has changed), `ended`.
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
   * @param {"chat" | "history" | "sending" | "named" | "person" | "key" | "storageLoss" | "outbox" | "preferences" | "user" | "vault"
   *   | "ended"} name
   * @param {{ email: string, hash?: string | null }} [detail]
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
