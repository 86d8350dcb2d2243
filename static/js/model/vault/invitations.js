/**
 * Another browser by invitation (docs/protocol.md §17). This browser makes one, or redeems one of another browser.
 */
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { Inviter, Joiner, makeInvitation, readInvitation } from "../../crypto/browser-invitation.js";
import { toBase64 } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { after } from "../../lib/timing.js";
import { ApiError, NetworkError } from "../../net/net-errors.js";
import { asProofRefusal, Refusal } from "../server/model-errors.js";
import { readExpiry, readStep } from "../server/vault-responses.js";

/** @import { Grant, NewBrowser } from "../../crypto/browser-invitation.js" */
/** @import { Way } from "../../crypto/ways.js" */

/**
 * What an invitation does with the vault.
 * @typedef {object} InvitationParts
 * @property {import("../../net/vault-api.js").VaultApi} api
 * @property {string} email
 * @property {string} accountId
 * @property {() => Promise<{ browser: NewBrowser, way: Way }>} newcomer this browser, as one that joins
 * @property {(browser: NewBrowser, way: Way) => Promise<Grant>} add writes another browser into vault and list
 * @property {(grant: Grant) => Promise<void>} join
 */

const NOT_FOUND = 404;
// A push says that there is news; without a socket the server is asked.
const ASK_EVERY_MS = 2000;
const [EXPIRED, CANCELLED] = ["invitation_expired", "invitation_cancelled"];
// As long as the server keeps an invitation without news.
const PATIENCE_MS = 120_000;

/**
 * One run of an invitation in this browser.
 *
 * Events: `digits` {digits, name?}, `done`, `failed` {code}.
 */
export class Invitation extends Emitter {
  #api;
  #route;
  #isOver = false;
  /** Whether both browsers take part: a lost connection does not end it then. */
  #isRunning = false;
  #wake = () => {};
  #confirm = () => {};
  /** @type {Promise<void>} */
  #confirmed = new Promise((resolve) => (this.#confirm = resolve));
  /** @type {Promise<void>} */
  #finished = Promise.resolve();

  /**
   * @param {import("../../net/vault-api.js").VaultApi} api
   * @param {string} route
   * @param {{ code?: string, link?: string, expiresAt?: Date }} [shown]
   */
  constructor(api, route, { code = "", link = "", expiresAt = new Date(0) } = {}) {
    super();
    this.#api = api;
    this.#route = route;
    this.code = code;
    this.link = link;
    this.expiresAt = expiresAt;
  }

  /** @param {string} route of which the server has news */
  noticed(route) {
    if (route === this.#route) {
      this.#wake();
    }
  }

  /** @param {() => Promise<void>} work */
  run(work) {
    this.#isRunning = true;
    this.#finished = work().then(() => this.emit("done"), (error) => this.#failed(error));
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#api.endInvitation(this.#route).catch(() => {});
      this.emit("failed", { code: codeOf(error, this.expiresAt) });
    }
  }

  /**
   * @param {string} step
   * @param {Bytes} message
   */
  async leave(step, message) {
    await this.persist(() => this.#api.leaveMessage(this.#route, step, toBase64(message)));
  }

  /**
   * Repeats a step while there is no connection. Each may be made twice.
   * @template Result
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async persist(work) {
    for (const startedMs = Date.now(); ; ) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NetworkError) || !this.#isRunning || this.#isOver || Date.now() - startedMs > PATIENCE_MS) {
          throw error;
        }
      }
      await this.#news();
    }
  }

  /** Resolves when the server has news, or may have. */
  #news() {
    return new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
      after(ASK_EVERY_MS, () => resolve(undefined));
    });
  }

  /**
   * @param {string} step
   * @returns {Promise<Bytes>} what the other browser has left
   * @throws {ApiError | Refusal} the invitation is over
   */
  async wait(step) {
    for (;;) {
      if (this.#isOver) {
        throw new Refusal(CANCELLED);
      }
      const news = this.#news();
      const state = await this.persist(() => this.#api.invitation(this.#route));
      this.expiresAt = readExpiry(state);
      const message = readStep(state, step);
      if (message !== null) {
        return message;
      }
      await news;
    }
  }

  /** @returns {Promise<void>} resolves when the person has compared the digits and said yes */
  confirmed() {
    return this.#confirmed;
  }

  /** The digits are the same on both screens: the new browser is added. */
  async confirm() {
    this.#confirm();
    await this.#finished;
  }

  cancel() {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#wake();
      this.#api.endInvitation(this.#route).catch(() => {});
    }
  }
}

/**
 * Invites another browser. This one is in.
 * @param {InvitationParts} parts
 * @returns {Promise<Invitation>}
 * @throws {Refusal} `proof_needed`
 */
export async function invite({ api, email, accountId, add }) {
  const code = makeInvitation();
  const symbols = /** @type {string} */ (readInvitation(code));
  const inviter = new Inviter({ symbols, email, accountId });
  const route = await inviter.route();
  const expiresAt = readExpiry(await begun(api, route));
  const link = `${globalThis.location?.origin ?? ""}/login#add=${symbols}`;
  const invitation = new Invitation(api, route, { code, link, expiresAt });
  await invitation.leave("offer", await inviter.offer());
  invitation.run(async () => {
    const { reveal, digits, browser } = await inviter.takeAnswer(await invitation.wait("answer"));
    await invitation.leave("reveal", reveal);
    const way = await inviter.takeDetails(await invitation.wait("details"));
    invitation.emit("digits", { digits, name: browser.name });
    await invitation.confirmed();
    // Throws if the invitation is over: nobody is added then.
    await invitation.wait("details");
    await invitation.leave("grant", await inviter.grant(await invitation.persist(() => add(browser, way))));
  });
  return invitation;
}

/**
 * @param {import("../../net/vault-api.js").VaultApi} api
 * @param {string} route
 */
async function begun(api, route) {
  try {
    return await api.beginInvitation(route);
  } catch (error) {
    throw asProofRefusal(error);
  }
}

/**
 * Redeems an invitation that another browser shows.
 * @param {string} text as typed, or read from a QR code
 * @param {InvitationParts} parts
 * @returns {Promise<Invitation>}
 * @throws {Refusal} `invitation_unknown`
 */
export async function redeem(text, { api, email, accountId, newcomer, join }) {
  const symbols = readInvitation(text);
  if (symbols === null) {
    throw new Refusal("invitation_unknown");
  }
  const joiner = new Joiner({ symbols, email, accountId });
  const route = await joiner.route();
  const invitation = new Invitation(api, route);
  const offer = await offered(invitation);
  const { browser, way } = await newcomer();
  invitation.run(async () => {
    await invitation.leave("answer", await joiner.takeOffer(offer, browser));
    const digits = await joiner.takeReveal(await invitation.wait("reveal"));
    await invitation.leave("details", await joiner.details(way));
    invitation.emit("digits", { digits });
    const grant = await joiner.takeGrant(await invitation.wait("grant"));
    await invitation.persist(() => join(grant));
  });
  return invitation;
}

/** @param {Invitation} invitation */
async function offered(invitation) {
  try {
    return await invitation.wait("offer");
  } catch (error) {
    throw error instanceof ApiError && error.status === NOT_FOUND ? new Refusal("invitation_unknown") : error;
  }
}

/**
 * @param {unknown} error
 * @param {Date} expiresAt before that, only one of the two browsers ends it
 * @returns {string}
 */
function codeOf(error, expiresAt) {
  if (error instanceof ProtocolError) {
    return "invitation_refused";
  }
  if (error instanceof ApiError && error.status === NOT_FOUND) {
    return expiresAt.getTime() > Date.now() ? CANCELLED : EXPIRED;
  }
  return /** @type {any} */ (error)?.code ?? "failed";
}
