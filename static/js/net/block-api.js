/** The endpoints of blocks. It is loaded on demand. */
import { LIST } from "./bounds.js";

export class BlockApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  list() {
    return this.#api.call("GET", "/blocks/list", { bounds: LIST });
  }

  /** @param {string} email */
  add(email) {
    return this.#api.call("POST", "/blocks/add", { body: { email } });
  }

  /** @param {number} id */
  remove(id) {
    return this.#api.call("DELETE", `/blocks/${id}`);
  }
}
