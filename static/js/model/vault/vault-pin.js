/**
 * What this browser stores of the vault: its own way in, and the last version that it has seen (docs/protocol.md §14.4).
 */
import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { get } from "../../storage/queries.js";
import { PIN } from "./vault-state.js";

/**
 * @typedef {object} OwnPlace this browser's own way and signature key
 * @property {Bytes} seed
 * @property {{ privateKey: CryptoKey, publicKeyBytes: Bytes }} signature Ed25519
 */
/** @typedef {[version: number, hash: string]} Written a version of the vault, its hash in hexadecimal */
/**
 * @typedef {object} VaultPin
 * @property {number} version
 * @property {string} hash
 * @property {number} generation
 * @property {number} listVersion of the signed list of browsers
 * @property {(Written | null)[]} wrote what this browser has written last (null: nothing yet), and what it has tried to write since
 * @property {string | null} problem why what the server has is refused
 */
/** @typedef {{ pin: VaultPin, vaultKey: Bytes, content: any }} Pinned */

export const STREAM_PINS = "stream pins";
const CONTENT = "vault content";
const PLACE = "vault place";
const STRICT = /** @type {const} */ ({ durability: "strict" });

export class VaultPins {
  #database;
  #cipher;

  /** @param {{ database: Database, cipher: StorageCipher }} parts */
  constructor({ database, cipher }) {
    this.#database = database;
    this.#cipher = cipher;
  }

  /** @returns {Promise<Pinned | null>} */
  async read() {
    const [pin, sealed] = await this.#database.read(["state"], (stores) =>
      Promise.all([get(stores("state"), PIN), get(stores("state"), CONTENT)]));
    if (!pin) {
      return null;
    }
    const { vaultKey, content } = await this.#cipher.open(CONTENT, sealed);
    return { pin, vaultKey: fromBase64(vaultKey), content };
  }

  /** @param {Pinned} pinned */
  async write({ pin, vaultKey, content }) {
    const sealed = await this.#cipher.seal(CONTENT, { vaultKey: toBase64(vaultKey), content });
    await this.#database.write(["state"], async (stores) => {
      stores("state").put(pin, PIN);
      stores("state").put(sealed, CONTENT);
    }, STRICT);
  }

  /** @param {Partial<VaultPin>} change nothing happens without a pin */
  async change(change) {
    await this.#database.write(["state"], async (stores) => {
      const pin = await get(stores("state"), PIN);
      if (pin) {
        stores("state").put({ ...pin, ...change }, PIN);
      }
    }, STRICT);
  }

  /** @param {{ content: boolean }} what content: also the vault, and how this browser opened it; otherwise only its streams, which go with a vault */
  async forget({ content }) {
    const names = [STREAM_PINS, ...(content ? [PIN, CONTENT, PLACE] : [])];
    await this.#database.write(["state"], async (stores) => names.forEach((name) => stores("state").delete(name)), STRICT);
  }

  /** @returns {Promise<OwnPlace | null>} */
  async place() {
    const found = await this.#database.read(["state"], (stores) => get(stores("state"), PLACE));
    return found ? { seed: fromBase64(await this.#cipher.open(PLACE, found.seed)), signature: found.signature } : null;
  }

  /**
   * Stores this browser's way before the server hears of it, so that a crash after the write does not lock this browser out.
   * @param {OwnPlace} made
   * @returns {Promise<OwnPlace>} the one that another tab has stored before, if there is one
   */
  async keepPlace({ seed, signature }) {
    const row = { seed: await this.#cipher.seal(PLACE, toBase64(seed)), signature };
    await this.#database.write(["state"], async (stores) => {
      if (!(await get(stores("state"), PLACE))) {
        stores("state").put(row, PLACE);
      }
    }, STRICT);
    return /** @type {OwnPlace} */ (await this.place());
  }
}
