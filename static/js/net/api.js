/**
 * The only file that calls fetch: one method for each call of the server. What comes back is JSON that nobody has
 * looked at yet; the model checks it.
 */
import { after, retryAfterSeconds } from "../lib/timing.js";
import { ApiError, NetworkError } from "./errors.js";

/**
 * Where the access token comes from.
 * @typedef {object} Tokens
 * @property {() => Promise<string>} accessToken
 * @property {(refused: string) => Promise<string>} renewToken a token other than the refused one; throws where there is none
 */

/**
 * @typedef {object} Call
 * @property {object} [body]
 * @property {string | null} [token] null: without one; none given: the session's
 */

// Of silence: a long answer over a slow line takes longer as a whole.
const TIMEOUT_MS = 20_000;
const UNAUTHORISED = 401;
// In characters. A long list of chats, each with the longest message, is below it.
const LONGEST_ANSWER = 64 * 2 ** 20;
const PAGE_SIZE = 50;

export class Api {
  #tokens;
  #origin;

  /** @param {{ tokens: Tokens, origin?: string }} options */
  constructor({ tokens, origin = "" }) {
    this.#tokens = tokens;
    this.#origin = origin;
  }

  /** Whether anybody may register. */
  registration() {
    return this.#call("GET", "/auth/registration", { token: null });
  }

  /** @param {{ email: string, password: string, displayName: string, invite: string }} person */
  register({ email, password, displayName, invite }) {
    const person = { email, password, display_name: displayName, refresh_cookie: true };
    const body = invite ? { ...person, invite } : person;
    return this.#call("POST", "/auth/register", { body, token: null });
  }

  /** @param {{ email: string, password: string }} credentials */
  logIn({ email, password }) {
    return this.#call("POST", "/auth/login", { body: { email, password, refresh_cookie: true }, token: null });
  }

  /** By the refresh cookie. */
  refresh() {
    return this.#call("POST", "/auth/refresh", { body: {}, token: null });
  }

  /**
   * @param {string | null} token of the session that is to end: the cookie is shared by all tabs, and may be another
   *   account's by now; null: the cookie says which
   */
  logOut(token) {
    return this.#call("POST", "/auth/logout", { body: {}, token });
  }

  /** @param {string} token */
  me(token) {
    return this.#call("GET", "/auth/me", { token });
  }

  /** @param {string} displayName */
  rename(displayName) {
    return this.#call("PATCH", "/auth/me", { body: { display_name: displayName } });
  }

  /** @param {{ currentPassword: string, newPassword: string }} change */
  changePassword({ currentPassword, newPassword }) {
    const body = { current_password: currentPassword, new_password: newPassword };
    return this.#call("POST", "/auth/password", { body });
  }

  /** @param {string} password */
  deleteAccount(password) {
    return this.#call("DELETE", "/auth/me", { body: { password } });
  }

  /**
   * All that the server keeps of oneself.
   * @param {string | null} page a `next` of one kind of rows; null: the first page of each kind
   * @param {number} [pageSize]
   */
  ownData(page, pageSize = PAGE_SIZE) {
    return this.#call("GET", page === null ? `/auth/me/data?page_size=${pageSize}` : `/auth/me/data${queryOf(page)}`);
  }

  /** @param {{ public_key: string, replaces?: string }} body */
  uploadKey(body) {
    return this.#call("POST", "/keys/upload", { body });
  }

  ownKey() {
    return this.#call("GET", "/keys/me");
  }

  /** @param {string} email */
  keyOf(email) {
    return this.#call("GET", `/keys/email/${encodeURIComponent(email)}`);
  }

  /** @param {string} fingerprint */
  keyByFingerprint(fingerprint) {
    return this.#call("GET", `/keys/fingerprint/${encodeURIComponent(fingerprint)}`);
  }

  /** @param {object} envelope */
  sendMessage(envelope) {
    return this.#call("POST", "/messages/send", { body: envelope });
  }

  conversations() {
    return this.#call("GET", "/messages/conversations");
  }

  /**
   * @param {string} email
   * @param {string | null} page a `next` of the page before; null: the newest page
   */
  conversation(email, page) {
    const path = `/messages/conversation/${encodeURIComponent(email)}`;
    return this.#call("GET", page === null ? `${path}?page_size=${PAGE_SIZE}` : path + queryOf(page));
  }

  /** @param {number} after */
  sync(after) {
    return this.#call("GET", `/messages/sync?after=${after}`);
  }

  /** @param {{ delivered: number[], read: number[] }} ids */
  receipts(ids) {
    return this.#call("POST", "/messages/receipts", { body: ids });
  }

  /** @param {string} email */
  clearConversation(email) {
    return this.#call("DELETE", `/messages/conversation/${encodeURIComponent(email)}`);
  }

  /** @param {string} email */
  addContact(email) {
    return this.#call("POST", "/contacts/add", { body: { email } });
  }

  contacts() {
    return this.#call("GET", "/contacts/list");
  }

  /**
   * @param {string} method
   * @param {string} path under /api
   * @param {Call} [options]
   * @returns {Promise<any>} the answer's JSON; null where it has none
   * @throws {ApiError | NetworkError}
   */
  async #call(method, path, { body, token } = {}) {
    if (token !== undefined) {
      return this.#request(method, path, body, token);
    }
    const current = await this.#tokens.accessToken();
    try {
      return await this.#request(method, path, body, current);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== UNAUTHORISED) {
        throw error;
      }
      return this.#request(method, path, body, await this.#tokens.renewToken(current));
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object | undefined} body
   * @param {string | null} token
   */
  async #request(method, path, body, token) {
    const response = await this.#fetch(`${this.#origin}/api${path}`, {
      method,
      headers: headersFor(body, token),
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    if (!response.ok) {
      throw new ApiError(response.status, response.json, response.retryAfterSeconds);
    }
    return response.json;
  }

  /**
   * @param {string} address
   * @param {RequestInit} init
   */
  async #fetch(address, init) {
    const silence = new Silence(TIMEOUT_MS);
    try {
      const response = await fetch(address, { ...init, signal: silence.signal });
      const { ok, status } = response;
      const patience = retryAfterSeconds(response.headers.get("Retry-After"));
      return { ok, status, json: readJson(await textOf(response, () => silence.broken())), retryAfterSeconds: patience };
    } catch (error) {
      throw new NetworkError(error);
    } finally {
      silence.end();
    }
  }
}

/** Gives a call up when nothing has come for a while. */
class Silence {
  #limitMs;
  #controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {number} limitMs */
  constructor(limitMs) {
    this.#limitMs = limitMs;
    this.broken();
  }

  get signal() {
    return this.#controller.signal;
  }

  broken() {
    clearTimeout(this.#timer);
    this.#timer = after(this.#limitMs, () => this.#controller.abort());
  }

  end() {
    clearTimeout(this.#timer);
  }
}

/**
 * @param {Response} response
 * @param {() => void} heard called for each part that comes
 * @returns {Promise<string>}
 * @throws {RangeError} it is longer than any honest one
 */
async function textOf(response, heard) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    heard();
    text += part.value;
    if (text.length > LONGEST_ANSWER) {
      await reader?.cancel();
      throw new RangeError("an answer without end");
    }
  }
  return text;
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
 * Only the query of the server's address for the next page is used: it cannot lead to another host or call.
 * @param {string} address
 * @returns {string}
 */
function queryOf(address) {
  const start = address.indexOf("?");
  return start < 0 ? "" : address.slice(start);
}

/**
 * @param {string} text
 * @returns {any} null where it is empty or no JSON
 */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
