/**
 * The log-in of one person. The access token is only in memory. The refresh cookie outlives the page; no script can read it.
 *
 * Events: `ended` {reason: "session_over" | "other_account" | "logged_out" | "deleted" | "signed_out" | "storage_lost"}, `user` (the name has changed), `renamed` (this
 * page has changed the name).
 */
import { Emitter } from "../../lib/emitter.js";
import { pause, timerMs } from "../../lib/timing.js";
import { Api } from "../../net/api.js";
import { ApiError } from "../../net/net-errors.js";
import { readResident, writeResident } from "../../storage/device.js";
import { normalised } from "../server/email.js";
import { BadAnswer, Refusal } from "../server/model-errors.js";
import { readAccess, readLogIn, readUser } from "../server/responses.js";

const UNAUTHORISED = 401;
const DEFAULT_LIFETIME_MS = 600_000;
const SHORTEST_LIFETIME_MS = 10_000;
const SOONEST_RENEWAL_MS = 1000;
// How long a log-out waits for the server's answer.
const FAREWELL_MS = 3000;
// A token is renewed after this fraction of its lifetime.
const RENEW_AFTER = 0.8;

export class Session extends Emitter {
  /** @type {User | null} */
  #user = null;
  /** @type {string | null} */
  #access = null;
  #renewAtMs = 0;
  /** @type {Promise<string> | null} */
  #renewing = null;
  #isOver = false;
  /** Whether the server has said that the person's list of browsers has changed, and this one may have left it. */
  mayBeSignedOut = false;
  /** @type {Promise<void> | null} a pending log-out: its response deletes the cookie, so a log-in waits for it */
  #leaving = null;

  /** @param {{ origin?: string }} [options] */
  constructor({ origin } = {}) {
    super();
    this.api = new Api({ tokens: this, ...(origin === undefined ? {} : { origin }) });
  }

  /** The logged-in user; null: none. */
  get user() {
    return this.#user;
  }

  /** Whether the session has ended. */
  get isOver() {
    return this.#isOver;
  }

  get name() {
    return this.#user?.displayName || this.#user?.email || "";
  }

  /** Settled when no log-out is pending. */
  get left() {
    return this.#leaving;
  }

  /**
   * @param {any} answer the server's response to a registration or a log-in
   * @param {string} email as typed
   * @returns {Promise<User>}
   * @throws {BadAnswer}
   */
  async begin(answer, email) {
    return this.beginAs(answer, (user) => user.email === normalised(email));
  }

  /**
   * @param {any} answer the server's response to a registration or a log-in
   * @param {(user: User) => boolean | Promise<boolean>} isExpected whether it is the account that the person asked for
   * @returns {Promise<User>}
   * @throws {BadAnswer}
   */
  async beginAs(answer, isExpected) {
    const { user, access } = readLogIn(answer);
    if (!(await isExpected(user))) {
      throw new BadAnswer("another account than the one asked for");
    }
    this.#isOver = false;
    this.#user = user;
    this.#keep(access);
    await writeResident({ user, leaving: false });
    return user;
  }

  /**
   * Restores the session that this browser has stored. If a user is stored, it does not wait for the server; if the server
   * disagrees, `ended` follows. If nobody is stored, the server is not asked, because it could name anybody.
   * @returns {Promise<User | null>} null: nobody is logged in
   */
  async restore() {
    const { user, leaving, isUnknown } = await readResident();
    if (leaving) {
      await Promise.race([this.leaveIfOwed(), pause(FAREWELL_MS)]);
    }
    this.#user = user;
    if (user || isUnknown) {
      const asked = this.accessToken().catch(() => {});
      await (isUnknown && asked);
    }
    return this.#user;
  }

  /**
   * @returns {Promise<string>} a token that does not expire soon
   * @throws {ApiError | import("../../net/net-errors.js").NetworkError | Refusal} `session_over`
   */
  async accessToken() {
    return this.#access !== null && Date.now() < this.#renewAtMs ? this.#access : this.renewToken(this.#access);
  }

  /**
   * @param {string | null} refused a token that the server refuses
   * @returns {Promise<string>} another token
   */
  async renewToken(refused) {
    if (this.#isOver) {
      throw new Refusal("session_over");
    }
    if (this.#access !== null && this.#access !== refused) {
      return this.#access;
    }
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew() {
    const access = await this.#refresh();
    const user = readUser(await this.api.me(access));
    if (this.#user && !isSame(this.#user, user)) {
      // All tabs share the cookie, so somebody else may have logged in in another tab. The server's word alone never changes
      // the user.
      const { user: resident } = await readResident();
      if (resident && this.#isSelf(resident)) {
        await writeResident({ user: null, leaving: false, ended: "other_account" });
      }
      this.end(resident && isSame(resident, user) ? "other_account" : "session_over");
      throw new Refusal("session_over");
    }
    this.#keep(access);
    await this.#keepUser(user);
    return access;
  }

  /** Takes over a name that another tab has changed. */
  async learnFromTab() {
    const { user } = await readResident();
    if (user && this.#user && isSame(this.#user, user)) {
      this.#user = user;
      this.emit("user");
    }
  }

  /** @param {User} user */
  async #keepUser(user) {
    const isNews = user.displayName !== this.#user?.displayName;
    this.#user = user;
    if (isNews) {
      await writeResident({ user, leaving: false });
      this.emit("user");
    }
  }

  async #refresh() {
    try {
      return readAccess(await this.api.refresh());
    } catch (error) {
      if (error instanceof ApiError && error.status === UNAUTHORISED) {
        // Another tab may have noticed it first, or somebody may have logged in.
        const { user, ended } = await readResident();
        const reason = this.mayBeSignedOut ? "signed_out" : "session_over";
        if (this.#isSelf(user)) {
          await writeResident({ user: null, leaving: false, ended: user ? reason : ended });
        }
        this.end(reason);
      }
      throw error;
    }
  }

  /** @returns {number} milliseconds until the current token should be replaced */
  renewInMs() {
    return timerMs(this.#renewAtMs - Date.now(), SOONEST_RENEWAL_MS);
  }

  /** @param {string} access */
  #keep(access) {
    this.#access = access;
    this.#renewAtMs = Date.now() + RENEW_AFTER * lifetimeMs(access);
  }

  /** @param {string} displayName "" for none */
  async updateDisplayName(displayName) {
    const user = readUser(await this.api.rename(displayName));
    if (this.#user && isSame(this.#user, user)) {
      await this.#keepUser(user);
      this.emit("renamed");
    }
  }

  /** @param {{ currentPassword: string, newPassword: string }} change */
  async changePassword(change) {
    await this.api.changePassword(change);
  }

  /**
   * Logs out here, whatever the server answers. If it does not answer in time, any page tells it again at its next visit.
   * Until then the cookie, which no script can delete, is not used.
   * @param {() => Promise<unknown>} [cleanUp] runs before the session ends
   * @param {"logged_out" | "deleted"} [reason]
   */
  async logOut(cleanUp = async () => {}, reason = "logged_out") {
    const isResident = this.#isSelf((await readResident()).user);
    if (isResident) {
      await writeResident({ user: null, leaving: true });
    }
    // Without a valid token the cookie decides whose session ends. Somebody else may have logged in since.
    const isToBeTold = isResident || Date.now() < this.#renewAtMs;
    const told = isToBeTold ? this.#leave(this.#access).catch(() => {}) : undefined;
    await cleanUp();
    await Promise.race([told, pause(FAREWELL_MS)]);
    this.end(reason);
  }

  /** @param {User | null} resident */
  #isSelf(resident) {
    return !resident || !this.#user || isSame(resident, this.#user);
  }

  /**
   * Tells the server about a log-out that it does not know of yet. Without one, it makes no call.
   * @returns {Promise<void>} it never throws
   */
  leaveIfOwed() {
    this.#leaving ??= this.#leaveIfOwed().catch(() => {}).finally(() => (this.#leaving = null));
    return this.#leaving;
  }

  async #leaveIfOwed() {
    if ((await readResident()).leaving) {
      await this.#leave(null);
    }
  }

  /** @param {string | null} token */
  async #leave(token) {
    try {
      await this.api.logOut(token);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === UNAUTHORISED)) {
        return;
      }
    }
    if ((await readResident()).leaving) {
      await writeResident({ user: null, leaving: false });
    }
  }

  /** Another browser of the person's has signed this one out. */
  async signedOut() {
    if (this.#isSelf((await readResident()).user)) {
      await writeResident({ user: null, leaving: false, ended: "signed_out" });
    }
    this.end("signed_out");
  }

  /**
   * Ends the session: no token is given out any more.
   * @param {"session_over" | "other_account" | "logged_out" | "deleted" | "signed_out" | "storage_lost"} reason
   */
  end(reason) {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#access = null;
      this.emit("ended", { reason });
    }
  }
}

/**
 * @param {User} left
 * @param {User} right
 * @returns {boolean}
 */
function isSame(left, right) {
  return left.id === right.id && left.email === right.email;
}

/**
 * The lifetime is the difference of the token's own times (RFC 7519 §4.1), so the two clocks need not agree.
 * @param {string} token
 * @returns {number}
 */
function lifetimeMs(token) {
  const { exp, iat } = claims(token);
  return exp > iat ? timerMs((exp - iat) * 1000, SHORTEST_LIFETIME_MS) : DEFAULT_LIFETIME_MS;
}

/**
 * @param {string} token a JWT; it is not verified
 * @returns {any}
 */
function claims(token) {
  try {
    const [, payload] = token.split(".");
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) ?? {};
  } catch {
    return {};
  }
}
