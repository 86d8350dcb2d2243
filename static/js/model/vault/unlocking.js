/** Opens the vault in a browser that is not in, by a recovery code, a passkey or an invitation. */
import { wayOf } from "../../crypto/ways.js";
import { Refusal } from "../server/model-errors.js";
import { seedOfCode } from "./code-draft.js";
import { checkAgainstPin, checkFollows, openSnapshot } from "./snapshot.js";
import { stateOf } from "./vault-state.js";

/** @import { RoomParts } from "./vault-room.js" */
/** @import { Snapshot } from "./snapshot.js" */
/** @import { WayRecord } from "./vault-content.js" */

export class Unlocking {
  #room;
  #look;

  /**
   * @param {RoomParts} room
   * @param {() => Promise<void>} look looks at what the person's other browsers have told
   */
  constructor(room, look) {
    this.#room = room;
    this.#look = look;
  }

  /**
   * Opens the vault with the code, and makes this browser one of the person's browsers.
   * @param {string} text as typed
   * @throws {Refusal} `code_malformed`, `code_damaged`, `code_unknown`, `proof_needed`, or a problem of the vault
   */
  byCode(text) {
    return this.unlock(() => this.openedByCode(text));
  }

  /**
   * @param {Bytes} seed of a passkey
   * @throws {Refusal} `passkey_unknown`: the vault has no such way; or as `byCode`
   */
  bySeed(seed) {
    return this.unlock(() => this.#openedBy(seed, "passkey_unknown"));
  }

  /** @param {(isRefused: boolean) => Promise<Snapshot | null>} open isRefused: what is pinned here was refused before */
  async unlock(open) {
    const isAnew = await this.#room.vaultSync.alone(async () => {
      const isRefused = isRefusedBy(await this.#room.pins.read());
      await this.#room.vaultSync.join(() => open(isRefused));
      if (isRefused) {
        await this.#room.pins.forget({ content: false });
      }
      return isRefused;
    });
    if (isAnew) {
      // They may have been compared meanwhile with what was pinned of the former ones.
      await this.#look().catch(() => {});
    }
  }

  /**
   * @param {string} text as typed
   * @throws {Refusal} as `byCode` does
   */
  async openedByCode(text) {
    return this.#openedBy(await seedOfCode(text, this.#room.parts.user.email), "code_unknown");
  }

  /**
   * @param {Bytes} seed
   * @param {string} unknown the code of the refusal if the vault has no such way
   * @returns {Promise<Snapshot>} its content says that the way was used now
   */
  async #openedBy(seed, unknown) {
    const { cipher, user } = this.#room.parts;
    const [served, known] = [await this.#room.keeper.served(), await this.#room.pins.read()];
    // Who types the code of a vault that was refused decides that it is right after all, as in a fresh browser.
    const pinned = isRefusedBy(known) ? null : known;
    if (pinned) {
      checkAgainstPin(served, pinned.pin);
    }
    const vaultKey = served && (await this.#room.keeper.keyBy(seed, served));
    if (!served || !vaultKey) {
      throw new Refusal(served ? unknown : "vault_missing");
    }
    const snapshot = await openSnapshot(served, { email: user.email, accountId: String(user.id), vaultKey });
    if (pinned) {
      await checkFollows(snapshot, pinned, cipher.browser);
    }
    const { id } = await wayOf(seed, user.email);
    return { ...snapshot, content: used(snapshot.content, id) };
  }
}

/**
 * @param {import("./vault-pin.js").Pinned | null} pinned
 * @returns {boolean} whether the server's vault was refused
 */
function isRefusedBy(pinned) {
  return pinned !== null && stateOf(pinned.pin).state === "refused";
}

/**
 * @param {any} content
 * @param {string} wayId
 * @returns {any} the content with the way used now
 */
function used(content, wayId) {
  const ways = content.ways.map((/** @type {WayRecord} */ way) => (way.id === wayId ? { ...way, used_at: Date.now() } : way));
  return { ...content, ways };
}
