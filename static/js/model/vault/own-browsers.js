/** The person's other browsers: adds one by an invitation, joins by one, and signs one out. */
import { wayOf } from "../../crypto/ways.js";
import { fromBase64, fromHex, toHex } from "../../lib/bytes.js";
import { browserName } from "./browser-name.js";
import { invite, redeem } from "./invitations.js";
import { withBrowser } from "./new-browser.js";
import { SignOut } from "./sign-out.js";
import { mergedContent } from "./vault-content.js";
import { keyHere, listVersionOf } from "./ways-back.js";

/** @import { Snapshot } from "./snapshot.js" */
/** @import { RoomParts } from "./vault-room.js" */

export class OwnBrowsers {
  #room;
  #unlocking;
  #signOut;
  /** @type {import("./invitations.js").Invitation | null} */
  #invitation = null;

  /** @param {RoomParts & { unlocking: import("./unlocking.js").Unlocking, streams: import("./streams.js").Streams }} room */
  constructor({ unlocking, streams, ...room }) {
    const { keeper, knowledge, parts } = room;
    this.#room = room;
    this.#unlocking = unlocking;
    this.#signOut = new SignOut({ keeper, knowledge, accountKey: parts.accountKey, streams });
  }

  /** Ends what was begun of a signing out. */
  finish() {
    return this.#signOut.finish();
  }

  /** @param {string} route of an invitation, which has changed */
  noticed(route) {
    this.#invitation?.noticed(route);
  }

  async invite() {
    keyHere(this.#room.parts.accountKey);
    return this.#running(invite(this.#invitationParts()));
  }

  /** @param {string} code of the other browser's invitation */
  unlockByInvitation(code) {
    return this.#running(redeem(code, this.#invitationParts()));
  }

  /** @param {Promise<import("./invitations.js").Invitation>} starting */
  async #running(starting) {
    this.#invitation = await starting;
    return this.#invitation;
  }

  /** @returns {import("./invitations.js").InvitationParts} */
  #invitationParts() {
    const { api, keeper, parts } = this.#room;
    const { cipher, user } = parts;
    return {
      api,
      email: user.email,
      accountId: String(user.id),
      newcomer: async () => {
        const { seed, signature } = await keeper.place();
        const browser = { id: cipher.browser, signatureKeyBytes: signature.publicKeyBytes, name: browserName() };
        return { browser, way: await wayOf(seed, user.email) };
      },
      add: (browser, way) => this.#room.vaultSync.alone(() => this.#add(browser, way)),
      join: ({ vaultKey, version, generation, list, hash }) => {
        const pin = { version, generation, hash: toHex(hash), listVersion: listVersionOf(list), wrote: [], problem: null };
        return this.#unlocking.unlock((isAnew) => keeper.read({ vaultKey, pin, content: null }, { isAnew }));
      },
    };
  }

  /**
   * @param {import("../../crypto/browser-invitation.js").NewBrowser} browser
   * @param {import("../../crypto/ways.js").Way} way
   */
  async #add({ id, signatureKeyBytes, name }, way) {
    const identity = /** @type {NonNullable<KeyRow["identity"]>} */ (keyHere(this.#room.parts.accountKey).identity);
    const written = await this.#room.keeper.write(async (before) => {
      const { list, generation, content } = /** @type {Snapshot} */ (before);
      const merged = await mergedContent(content, await this.#room.knowledge.known());
      return withBrowser({ content: merged, since: generation, list }, { id, signatureKeyBytes, name, way }, identity.privateKey);
    });
    await this.#room.vaultSync.kept();
    const { vaultKey, generation, version, hash, content } = /** @type {Snapshot} */ (written);
    return { vaultKey, generation, version, hash: fromHex(hash), list: fromBase64(content.list) };
  }

  /**
   * @param {string} id
   * @param {{ isStolen?: boolean }} [how] isStolen: its thief has the account's key, so another one takes its place
   */
  signOut(id, { isStolen = false } = {}) {
    return this.#room.vaultSync.alone(async () => {
      await this.#signOut.run(id, isStolen);
      await this.#room.vaultSync.kept();
    });
  }
}
