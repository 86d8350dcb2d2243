/** The endpoints of reports. It is loaded on demand. */

export class ReportApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  key() {
    return this.#api.call("GET", "/reports/key");
  }

  /** @param {{ reported_email: string, key: string, sealed: string }} body */
  send(body) {
    return this.#api.call("POST", "/reports", { body });
  }
}
