/** The endpoints of the vault and of the lists of browsers. It is loaded on demand. */
import { VAULT } from "./bounds.js";

export class VaultApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /**
   * Shows the password again, for calls that a thief of the session must not make.
   * @param {string} password
   */
  prove(password) {
    return this.#api.call("POST", "/auth/proof", { body: { password } });
  }

  /** Whether the password was shown lately. */
  proof() {
    return this.#api.call("GET", "/auth/proof");
  }

  vault() {
    return this.#api.call("GET", "/vault", { bounds: VAULT });
  }

  /** @param {object} body */
  writeVault(body) {
    return this.#api.call("PUT", "/vault", { body, bounds: VAULT });
  }

  deleteVault() {
    return this.#api.call("DELETE", "/vault");
  }

  browsers() {
    return this.#api.call("GET", "/browsers");
  }

  /** @param {string} route 32 hexadecimal digits */
  beginInvitation(route) {
    return this.#api.call("POST", "/invitations", { body: { route } });
  }

  /** @param {string} route */
  invitation(route) {
    return this.#api.call("GET", `/invitations/${route}`);
  }

  /**
   * @param {string} route
   * @param {string} step
   * @param {string} message base64
   */
  leaveMessage(route, step, message) {
    return this.#api.call("PUT", `/invitations/${route}/${step}`, { body: { message } });
  }

  /** @param {string} route */
  endInvitation(route) {
    return this.#api.call("DELETE", `/invitations/${route}`);
  }

  /** @param {string} browser this browser's id, which is in the list */
  bindSession(browser) {
    return this.#api.call("POST", "/browsers/here", { body: { browser } });
  }
}
