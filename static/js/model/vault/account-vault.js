/**
 * The account's vault, as the views see it. Its state is known at once; what it does is loaded on demand (`vault-room.js`).
 *
 * Event: `changed`.
 */
import { Emitter, listen } from "../../lib/emitter.js";
import { once } from "../../lib/once.js";
import { after } from "../../lib/timing.js";
import { Refusal } from "../server/model-errors.js";
import { readPin, stateOf } from "./vault-state.js";

/** @import { VaultRoom } from "./vault-room.js" */

/**
 * - unknown: the server was not asked yet
 * - none: the account has no vault
 * - kept: it has one, and this browser is in
 * - locked: it has one, and this browser is not in
 * - refused: what the server has is not what this browser has seen; `problem` says why. Where only a stream is refused, the state is
 *   "kept", and `problem` says why
 * @typedef {"unknown" | "none" | "kept" | "locked" | "refused"} VaultState
 */
/** @typedef {{ id: string, kind: string, name: string, passkeyId: string | null, madeAt: Date, usedAt: Date | null, isThis: boolean,
 *   needsRenewal: boolean }} ShownWay needsRenewal: the thief of a browser knew a part of it */
/** @typedef {{ id: string, name: string, addedAt: Date, lastSeenAt: Date | null, isThis: boolean }} ShownBrowser */
/** @typedef {{ id: string, name: string, addedAt: Date }} News a browser that another one of the person's has added */
/** @typedef {{ state: VaultState, problem: string | null, streamProblem: string | null, archiveProblem: string | null, ways: ShownWay[], browsers: ShownBrowser[],
 *   news: News[] }} View */

const WRITE_AFTER_MS = 2000;
// Each write sends the last segment anew.
const ARCHIVE_AFTER_MS = 15_000;

const loadPasskeys = once(() => import("../session/passkeys.js"));

export class Vault extends Emitter {
  #parts;
  #load;
  /** @type {View} */
  #view = { state: "unknown", problem: null, streamProblem: null, archiveProblem: null, ways: [], browsers: [], news: [] };
  #isOpen = false;
  #isProofNeeded = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #archiveTimer;
  /** @type {(() => void)[]} */
  #stops;

  /** @param {VaultParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#load = once(async () => {
      const { VaultRoom } = await import("./vault-room.js");
      return new VaultRoom(parts, (view) => this.#show(view));
    });
    const { accountKey, people, preferences, tabs } = parts;
    [people, preferences].forEach((part) => part.on("changed", () => this.#changed()));
    accountKey.on("changed", () => this.#look());
    tabs.on("vault", () => this.#quietly((room) => room.show()));
    this.#stops = [
      listen("document", ["visibilitychange"], () => globalThis.document.visibilityState === "hidden" && this.#hurry()),
      listen("page", ["pagehide"], () => this.#hurry()),
    ];
  }

  /** Reads the stored state, without asking the server. */
  async open() {
    const pin = await readPin(this.#parts.database);
    if (pin) {
      this.#show(stateOf(pin));
    }
    this.#isOpen = true;
    this.#look();
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#archiveTimer);
    this.#stops.forEach((stop) => stop());
  }

  get state() {
    return this.#view.state;
  }

  /** Why the vault, or a stream beside it, is refused, or the archive cannot be kept: a stable code. */
  get problem() {
    const { problem, streamProblem, archiveProblem } = this.#view;
    return problem ?? streamProblem ?? archiveProblem;
  }

  get ways() {
    return this.#view.ways;
  }

  get browsers() {
    return this.#view.browsers;
  }

  get news() {
    return this.#view.news;
  }

  /** Whether the account's key has to be replaced before it can be kept. */
  get needsKeyChange() {
    const { current } = this.#parts.accountKey;
    return current !== null && !current.secrets;
  }

  /** Whether the messages are lost with this browser. */
  get isOnlyWay() {
    const isKept = this.state === "kept" && this.ways.length > 0;
    return this.state === "none" || this.state === "refused" || (isKept && this.ways.every(({ isThis }) => isThis));
  }

  /** Whether the server has asked for the password since it was shown last. */
  isProofNeeded() {
    return this.#isProofNeeded;
  }

  /** @param {{ password: string }} proof */
  async prove({ password }) {
    await this.#do((room) => room.prove(password));
    this.#isProofNeeded = false;
  }

  /** Asks the server for the vault and the browsers again. */
  load() {
    return this.#do((room) => room.load());
  }

  /** @returns {Promise<import("./code-draft.js").CodeDraft>} a code that is not kept yet */
  draftCode() {
    return this.#do((room) => room.ways.draftCode());
  }

  /**
   * Makes the code a way back, in place of the former one. The first way makes the vault.
   * @param {import("./code-draft.js").CodeDraft} draft
   */
  keepCode(draft) {
    return this.#do((room) => room.ways.keepCode(draft));
  }

  /** @param {string} id of a browser of `news`: the person has seen it */
  dismissNews(id) {
    return this.#do((room) => room.dismissNews(id));
  }

  /** @param {string} text as typed */
  tryCode(text) {
    return this.#do((room) => room.ways.tryCode(text));
  }

  /** Gives up a vault that is refused: its ways back open nothing any more. A new one can be made after it. */
  giveUp() {
    return this.#do((room) => room.ways.giveUp());
  }

  /** @param {string} id */
  async removeWay(id) {
    const passkeyId = this.ways.find((way) => way.id === id)?.passkeyId;
    await this.#do((room) => room.ways.remove(id));
    if (passkeyId) {
      await this.removePasskey(passkeyId);
    }
  }

  /** @returns {Promise<import("../session/passkeys.js").ServerPasskey[]>} those that log in and open nothing; none while that is not known */
  async logInPasskeys() {
    return this.state === "kept" || this.state === "none" ? this.#do((room) => room.ways.logInPasskeys(this.ways)) : [];
  }

  /** @param {string} credentialId of a passkey, which logs in no more */
  removePasskey(credentialId) {
    return this.#do((room) => room.ways.removePasskey(credentialId, this.ways));
  }

  /**
   * Makes this browser one of the person's browsers, with all keys and pins.
   * @param {string} text the recovery code as typed
   */
  unlockByCode(text) {
    return this.#do((room) => room.unlocking.byCode(text));
  }

  /**
   * Makes a passkey that logs in and opens the vault.
   * @returns {Promise<{ opens: boolean }>} opens: false where it only logs in
   */
  async addPasskey() {
    const { api, user } = this.#parts;
    const [{ addPasskey }, { browserName }] = await Promise.all([loadPasskeys(), import("./browser-name.js")]);
    const name = browserName();
    const { id, seed } = await addPasskey(api, { email: user.email, name });
    if (seed) {
      await this.addWay({ kind: "passkey", seed, name, passkeyId: id });
    }
    return { opens: seed !== null };
  }

  /** As `unlockByCode`, by a passkey. */
  async unlockByPasskey() {
    const { seedByPasskey } = await loadPasskeys();
    await this.unlockBySeed(await seedByPasskey(this.#parts.api, this.#parts.user.email));
  }

  /** @param {{ kind: "passkey", seed: Bytes, name: string, passkeyId: string }} way */
  addWay(way) {
    return this.#do((room) => room.ways.add(way));
  }

  /**
   * Invites another browser of the person's.
   * @returns {Promise<import("./invitations.js").Invitation>}
   */
  invite() {
    return this.#do((room) => room.browsers.invite());
  }

  /**
   * As `unlockByCode`, by the invitation that another browser shows.
   * @param {string} code
   * @returns {Promise<import("./invitations.js").Invitation>}
   */
  unlockByInvitation(code) {
    return this.#do((room) => room.browsers.unlockByInvitation(code));
  }

  /**
   * As `unlockByCode`, by what a passkey has derived.
   * @param {Bytes} seed
   */
  unlockBySeed(seed) {
    return this.#do((room) => room.unlocking.bySeed(seed));
  }

  /**
   * Ends the session of another browser of the person's, and its way into the vault.
   * @param {string} id
   * @param {{ isStolen?: boolean }} [how] isStolen: the account's key is replaced, too, and others see that
   */
  signOut(id, how) {
    return this.#do((room) => room.browsers.signOut(id, how));
  }

  /** Makes another key in this browser. The vault stays. */
  startWithout() {
    return this.#parts.accountKey.takeOver();
  }

  /** The server answers again. */
  connected() {
    if (this.state === "kept" || this.state === "refused") {
      this.#quietly((room) => room.sync({ finishes: true }));
      void this.archive({ takesIn: true }).catch(() => {});
    } else {
      this.#look();
    }
  }

  /** Messages were opened, sent or cleared. The archive follows in a while. */
  archiveSoon() {
    if (this.state === "kept") {
      this.#archiveTimer ??= after(ARCHIVE_AFTER_MS, () => void this.archive().catch(() => {}));
    }
  }

  /**
   * Makes the archive equal to what this browser has.
   * @param {{ takesIn?: boolean }} [how] takesIn: also takes in what the person's other browsers have kept there
   */
  async archive(how) {
    clearTimeout(this.#archiveTimer);
    this.#archiveTimer = undefined;
    if (this.state === "kept" && (await this.#do((room) => room.archive(how)))) {
      this.archiveSoon();
    }
  }

  /** The page is hidden, and may never be shown again. Writes now what waits to be written. */
  #hurry() {
    if (this.#archiveTimer !== undefined) {
      void this.archive().catch(() => {});
    }
    if (this.#timer !== undefined) {
      this.#writeNews();
    }
  }

  #writeNews() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#quietly((room) => room.writeNews());
  }

  /** @param {any} frame a push about the vault or the list of browsers; nothing in it is trusted */
  noticed(frame) {
    if (this.state !== "unknown" && this.state !== "none") {
      this.#parts.session.mayBeSignedOut ||= this.state === "kept" && frame.type === "browsers_changed";
      this.#quietly((room) => room.noticed(frame));
    }
  }

  /** The state of an account without a pinned vault. Where its key is here, the server is not asked. */
  #look() {
    const { status } = this.#parts.accountKey;
    if (!this.#isOpen || this.state === "kept" || this.state === "refused" || status === "unknown") {
      return;
    }
    if (this.state === "locked") {
      return;
    }
    if (status === "ready") {
      this.#show({ state: "none" });
    } else {
      this.#quietly((room) => room.sync());
    }
  }

  /** Pins or settings have changed: the vault is to have them. */
  #changed() {
    if (this.state === "kept") {
      clearTimeout(this.#timer);
      this.#timer = after(WRITE_AFTER_MS, () => this.#writeNews());
    }
  }

  /** @param {(room: VaultRoom) => Promise<unknown>} work */
  #quietly(work) {
    this.#do(work).catch(() => {});
  }

  /**
   * @template T
   * @param {(room: VaultRoom) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async #do(work) {
    try {
      return await work(await this.#load());
    } catch (error) {
      this.#isProofNeeded ||= error instanceof Refusal && error.code === "proof_needed";
      throw error;
    }
  }

  /** @param {Partial<View>} view */
  #show(view) {
    const isIn = this.#isOpen && this.state !== "kept" && view.state === "kept";
    this.#view = { ...this.#view, ...view };
    this.emit("changed");
    if (isIn) {
      void this.archive({ takesIn: true }).catch(() => {});
    }
  }
}
