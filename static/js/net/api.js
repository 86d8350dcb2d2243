/**
 * The only file that calls fetch: one method for each endpoint. It returns unchecked JSON; the model checks it.
 */
import { retryAfterSeconds } from "../lib/timing.js";
import { Deadline, FAREWELL, LIST, ONE, textWithin } from "./bounds.js";
import { ApiError, NetworkError } from "./net-errors.js";

/**
 * The source of the access token.
 * @typedef {object} Tokens
 * @property {() => Promise<string>} accessToken
 * @property {(refused: string) => Promise<string>} renewToken a token other than the refused one; throws if there is none
 */

/**
 * @typedef {object} Call
 * @property {object} [body]
 * @property {string | null} [token] null: none; undefined: the session's
 * @property {import("./bounds.js").Bounds} [bounds] of the answer
 */

const UNAUTHORISED = 401;
const PAGE_SIZE = 50;
/** @type {RequestInit} */
const OURS = { credentials: "same-origin", cache: "no-store", redirect: "error" };

export class Api {
  #tokens;
  #origin;

  /** @param {{ tokens: Tokens, origin?: string }} options */
  constructor({ tokens, origin = "" }) {
    this.#tokens = tokens;
    this.#origin = origin;
  }

  /** Asks whether registration is open. */
  registration() {
    return this.call("GET", "/auth/registration", { token: null });
  }

  /** @param {{ email: string, password: string, displayName: string, invite: string }} person */
  register({ email, password, displayName, invite }) {
    const person = { email, password, display_name: displayName, refresh_cookie: true };
    const body = invite ? { ...person, invite } : person;
    return this.call("POST", "/auth/register", { body, token: null });
  }

  /** @param {{ email: string, password: string }} credentials */
  logIn({ email, password }) {
    return this.call("POST", "/auth/login", { body: { email, password, refresh_cookie: true }, token: null });
  }

  /** Asks whether the server sends links for new passwords by email. */
  resetState() {
    return this.call("GET", "/auth/reset", { token: null });
  }

  /** @param {string} email */
  askForResetLink(email) {
    return this.call("POST", "/auth/reset", { body: { email }, token: null });
  }

  /** @param {{ token: string, password: string, removesPasskeys: boolean }} reset token: of the link */
  resetPassword({ token, password, removesPasskeys }) {
    const body = { token, new_password: password, remove_passkeys: removesPasskeys };
    return this.call("POST", "/auth/reset/password", { body, token: null });
  }

  /** Uses the refresh cookie. */
  refresh() {
    return this.call("POST", "/auth/refresh", { body: {}, token: null });
  }

  /**
   * @param {string | null} token of the session to end: all tabs share the cookie, so it may belong to another account by
   *   now; null: the cookie's session
   */
  logOut(token) {
    return this.call("POST", "/auth/logout", { body: {}, token, bounds: FAREWELL });
  }

  /** @param {string} token */
  me(token) {
    return this.call("GET", "/auth/me", { token });
  }

  /** @param {string} displayName */
  rename(displayName) {
    return this.call("PATCH", "/auth/me", { body: { display_name: displayName } });
  }

  /** @param {{ currentPassword: string, newPassword: string }} change */
  changePassword({ currentPassword, newPassword }) {
    const body = { current_password: currentPassword, new_password: newPassword };
    return this.call("POST", "/auth/password", { body });
  }

  /** @param {string} password */
  deleteAccount(password) {
    return this.call("DELETE", "/auth/me", { body: { password } });
  }

  /**
   * All data that the server stores about the account.
   * @param {string | null} page a `next` of one kind of rows; null: the first page of each kind
   * @param {number} [pageSize]
   */
  ownData(page, pageSize = PAGE_SIZE) {
    const path = page === null ? `/auth/me/data?page_size=${pageSize}` : `/auth/me/data${queryOf(page)}`;
    return this.call("GET", path, { bounds: LIST });
  }

  /** A one-time key of the server, for the proof of one's own key. */
  keyChallenge() {
    return this.call("POST", "/keys/challenge", { body: {} });
  }

  /** @param {{ public_key: string, replaces?: string, proof: { challenge: string, mac: string } }} body */
  uploadKey(body) {
    return this.call("POST", "/keys/upload", { body });
  }

  ownKey() {
    return this.call("GET", "/keys/me");
  }

  /** @param {string} email */
  keyOf(email) {
    return this.call("GET", `/keys/email/${encodeURIComponent(email)}`);
  }

  /** @param {string} fingerprint */
  keyByFingerprint(fingerprint) {
    return this.call("GET", `/keys/fingerprint/${encodeURIComponent(fingerprint)}`);
  }

  /** @param {string} email */
  browsersOf(email) {
    return this.call("GET", `/browsers/email/${encodeURIComponent(email)}`);
  }

  /** @param {object} envelope */
  sendMessage(envelope) {
    return this.call("POST", "/messages/send", { body: envelope });
  }

  conversations() {
    return this.call("GET", "/messages/conversations", { bounds: LIST });
  }

  /**
   * @param {string} email
   * @param {string | null} page a `next` of the page before; null: the newest page
   */
  conversation(email, page) {
    const path = `/messages/conversation/${encodeURIComponent(email)}`;
    return this.call("GET", path + (page === null ? `?page_size=${PAGE_SIZE}` : queryOf(page)), { bounds: LIST });
  }

  /** @param {number} after */
  sync(after) {
    return this.call("GET", `/messages/sync?after=${after}`, { bounds: LIST });
  }

  /** @param {{ delivered: number[], read: number[] }} ids */
  receipts(ids) {
    return this.call("POST", "/messages/receipts", { body: ids });
  }

  /**
   * @param {string} email
   * @param {number | undefined} through clear no message with a higher id
   */
  clearConversation(email, through) {
    const bound = through === undefined ? "" : `?through=${through}`;
    return this.call("DELETE", `/messages/conversation/${encodeURIComponent(email)}${bound}`);
  }

  /** @param {string} email */
  addContact(email) {
    return this.call("POST", "/contacts/add", { body: { email } });
  }

  contacts() {
    return this.call("GET", "/contacts/list", { bounds: LIST });
  }

  /**
   * @param {string} method
   * @param {string} path under /api
   * @param {Call} [options]
   * @returns {Promise<any>} the JSON of the response; null if it has none
   * @throws {ApiError | NetworkError}
   */
  async call(method, path, { body, token, bounds = ONE } = {}) {
    const request = (/** @type {string | null} */ as) => this.#request(method, path, { body, token: as, bounds });
    if (token !== undefined) {
      return request(token);
    }
    const current = await this.#tokens.accessToken();
    try {
      return await request(current);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== UNAUTHORISED) {
        throw error;
      }
      return request(await this.#tokens.renewToken(current));
    }
  }

  /**
   * A call whose body or answer is no JSON.
   * @param {string} path under /api
   * @param {RequestInit & { headers: Record<string, string> }} init
   * @returns {Promise<Response>} of any status
   */
  async bytes(path, init) {
    const request = (/** @type {string} */ token) =>
      fetch(`${this.#origin}/api${path}`, { ...OURS, ...init, headers: { ...headersFor(undefined, token), ...init.headers } });
    const current = await this.#tokens.accessToken();
    const response = await request(current);
    return response.status === UNAUTHORISED ? request(await this.#tokens.renewToken(current)) : response;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body: object | undefined, token: string | null, bounds: import("./bounds.js").Bounds }} call
   */
  async #request(method, path, { body, token, bounds }) {
    const init = { ...OURS, method, headers: headersFor(body, token), body: body === undefined ? null : JSON.stringify(body) };
    const response = await answerTo(`${this.#origin}/api${path}`, init, bounds);
    if (!response.ok) {
      throw new ApiError(response.status, response.json, response.retryAfterSeconds);
    }
    return response.json;
  }
}

/**
 * @param {string} address
 * @param {RequestInit} init
 * @param {import("./bounds.js").Bounds} bounds
 * @throws {NetworkError} its cause is a RangeError if the response was too large
 */
async function answerTo(address, init, bounds) {
  const deadline = new Deadline(bounds.ms);
  try {
    const response = await fetch(address, { ...init, signal: deadline.signal });
    const { ok, status } = response;
    const patience = retryAfterSeconds(response.headers.get("Retry-After"));
    return { ok, status, json: readJson(await textWithin(response, bounds, deadline)), retryAfterSeconds: patience };
  } catch (error) {
    throw new NetworkError(error);
  } finally {
    deadline.end();
  }
}

/**
 * @param {object | undefined} body
 * @param {string | null} token
 * @returns {Record<string, string>}
 */
function headersFor(body, token) {
  return {
    Accept: "application/json",
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
  };
}

/**
 * Uses only the query of the URL that the server gives for the next page, so it cannot lead to another host or endpoint.
 * @param {string} address
 * @returns {string}
 */
function queryOf(address) {
  const start = address.indexOf("?");
  return start < 0 ? "" : address.slice(start);
}

/**
 * @param {string} text
 * @returns {any} null if it is empty or not JSON
 */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
