/** The endpoints of passkeys. It is loaded on demand. */

export class PasskeyApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  creationOptions() {
    return this.#api.call("POST", "/passkeys/options", { body: {} });
  }

  /**
   * @param {object} credential
   * @param {string} name
   */
  add(credential, name) {
    return this.#api.call("POST", "/passkeys", { body: { credential, name } });
  }

  list() {
    return this.#api.call("GET", "/passkeys");
  }

  /** @param {string} id */
  remove(id) {
    return this.#api.call("DELETE", `/passkeys/${encodeURIComponent(id)}`);
  }

  requestOptions() {
    return this.#api.call("POST", "/auth/passkey/options", { body: {}, token: null });
  }

  /** @param {object} credential */
  logIn(credential) {
    return this.#api.call("POST", "/auth/passkey", { body: { credential, refresh_cookie: true }, token: null });
  }
}
