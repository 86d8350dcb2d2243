/**
 * Files of all chats: those that are being uploaded, and the contents of those that messages have. It is loaded on demand.
 *
 * Events: `changed` {email} (the uploads of a chat).
 */
import { CryptoManager } from "../../crypto/crypto.js";
import { openWholeFile } from "../../crypto/whole-file.js";
import { fromHex } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { FileApi } from "../../net/file-api.js";
import { SealedCopies } from "../../storage/sealed-copies.js";
import { Refusal } from "../server/model-errors.js";
import { Playing } from "./playing.js";
import { CopyLost, seal, uploadParts } from "./upload.js";
import { wholeParts } from "./whole-parts.js";

/** @typedef {import("./upload.js").FileEntry} FileEntry */
/** @typedef {import("./upload.js").SealedFile} SealedFile */
/**
 * @typedef {object} Upload
 * @property {string} id
 * @property {string} email for whom
 * @property {string} name
 * @property {number} size
 * @property {string | null} thumbnail base64
 * @property {number} fraction from 0 to 1
 * @property {"working" | "done" | "failed"} state
 * @property {unknown} error why it has failed
 * @property {FileEntry | null} entry null: it is not sealed yet
 * @property {AbortController} controller
 */
/** @typedef {{ uploads: Upload[], caption: string | null, reply: string | null }} Tray caption: null: not to be sent yet */

/** The server takes so many ids in a message, previews included. */
export const IDS_LIMIT = 20;
const KEPT_BYTES = 64 * 1024 * 1024;
const ROW = "row";

export class Files extends Emitter {
  #conversations;
  #people;
  #cipher;
  #locks;
  #files;
  #copies;
  #playing;
  /** @type {Map<string, Tray>} by email */
  #trays = new Map();
  /** @type {Map<string, { content: Promise<Blob>, size: number }>} by the id of the file; the last used last */
  #contents = new Map();

  /**
   * @param {{ api: Api, cipher: StorageCipher, conversations: import("../conversations.js").Conversations, people: People, ownEmail: string,
   *   locks: Pick<LockManager, "request">, workers: import("./playing.js").Workers | undefined }} parts
   */
  constructor({ api, cipher, conversations, people, ownEmail, locks, workers }) {
    super();
    this.#conversations = conversations;
    this.#people = people;
    this.#cipher = cipher;
    this.#locks = locks;
    this.#files = new FileApi(api);
    this.#copies = new SealedCopies(ownEmail);
    this.#playing = new Playing({ files: this.#files, workers });
  }

  /** Goes on with what was being uploaded when the page was left. */
  async resume() {
    for (const id of await this.#copies.uploads().catch(() => [])) {
      void this.#locks.request(`vibechat upload ${id}`, { ifAvailable: true }, (lock) => lock && this.#resume(id)).catch(() => {});
    }
  }

  /** @param {string} id */
  async #resume(id) {
    const row = await this.#readRow(id);
    if (row === null) {
      return this.#copies.remove(id); // It was not sealed to the end.
    }
    const upload = { ...fresh(id, row.email, row.entry), entry: row.entry };
    const tray = this.tray(row.email);
    tray.uploads.push(upload);
    tray.caption ??= row.caption;
    tray.reply ??= row.reply;
    this.emit("changed", { email: row.email });
    return this.#upload(upload);
  }

  /** @param {string} email @returns {Tray} */
  tray(email) {
    const tray = this.#trays.get(email) ?? { uploads: [], caption: null, reply: null };
    this.#trays.set(email, tray);
    return tray;
  }

  /** @param {string} email @returns {boolean} whether all browsers of the chat can get files */
  canGet(email) {
    return this.#people.contentVersion(email) >= 2;
  }

  /**
   * Begins to upload.
   * @param {string} email
   * @param {import("./upload.js").Prepared} prepared
   * @throws {Refusal} `no_version_2`, `too_many_files`
   */
  add(email, prepared) {
    if (!this.canGet(email)) {
      throw new Refusal("no_version_2");
    }
    const tray = this.tray(email);
    if (tray.uploads.length >= IDS_LIMIT) {
      throw new Refusal("too_many_files");
    }
    const upload = fresh(CryptoManager.randomUuid(), email, { ...prepared, size: prepared.content.size });
    tray.uploads.push(upload);
    this.emit("changed", { email });
    const work = () => this.#begin(upload, prepared);
    void this.#locks.request(`vibechat upload ${upload.id}`, work).catch(() => {});
  }

  /** @param {string} email @returns {number} how many more ids fit into the message */
  room(email) {
    return IDS_LIMIT - this.tray(email).uploads.length;
  }

  /**
   * @param {Upload} upload
   * @param {import("./upload.js").Prepared} prepared
   */
  async #begin(upload, prepared) {
    const { id, email, controller } = upload;
    try {
      upload.entry = await seal(this.#tools, {
        upload: id, email, prepared, signal: controller.signal, onFraction: (fraction) => this.#moved(upload, fraction),
      });
      await this.#writeRow(upload);
      void this.#keep(upload.entry.id, Promise.resolve(prepared.content), prepared.content.size);
      if (upload.entry.preview && prepared.preview) {
        void this.#keep(upload.entry.preview.id, Promise.resolve(prepared.preview), prepared.preview.size);
      }
    } catch (error) {
      return this.#failed(upload, error);
    }
    return this.#upload(upload);
  }

  /** @param {Upload} upload */
  async #upload(upload) {
    const entry = /** @type {FileEntry} */ (upload.entry);
    try {
      const onFraction = (/** @type {number} */ fraction) => this.#moved(upload, fraction);
      await uploadParts(this.#tools, { upload: upload.id, entry, signal: upload.controller.signal, onFraction });
      upload.state = "done";
      this.#moved(upload, 1);
      await this.#sendWhenDone(upload.email);
    } catch (error) {
      await this.#failed(upload, error);
    }
  }

  get #tools() {
    return { files: this.#files, copies: this.#copies };
  }

  /** @param {Upload} upload @param {number} fraction */
  #moved(upload, fraction) {
    upload.fraction = Math.max(upload.fraction, Math.min(1, fraction));
    this.emit("changed", { email: upload.email });
  }

  /** @param {Upload} upload @param {unknown} error */
  async #failed(upload, error) {
    if (upload.controller.signal.aborted) {
      return;
    }
    const isGone = error instanceof Error && "status" in error && error.status === 404;
    upload.state = "failed";
    upload.error = isGone ? new CopyLost() : error;
    this.tray(upload.email).caption = null;
    this.emit("changed", { email: upload.email });
    await this.#copies.remove(upload.id);
  }

  /**
   * Takes a file out of the message.
   * @param {Upload} upload
   */
  async cancel(upload) {
    const tray = this.tray(upload.email);
    upload.controller.abort();
    tray.uploads = tray.uploads.filter((other) => other !== upload);
    this.emit("changed", { email: upload.email });
    await this.#copies.remove(upload.id);
    const ids = upload.entry ? idsOf(upload.entry) : [];
    ids.forEach((id) => void this.#files.giveUp(id).catch(() => {}));
    await this.#sendWhenDone(upload.email);
  }

  /**
   * Sends the files of a chat as one message, once they are uploaded.
   * @param {string} email
   * @param {string} caption
   * @param {string | null} reply the hash of the message that it answers
   */
  async send(email, caption, reply) {
    const tray = this.tray(email);
    const failed = tray.uploads.filter(({ state }) => state === "failed");
    tray.uploads = tray.uploads.filter((upload) => !failed.includes(upload));
    tray.caption = caption;
    tray.reply = reply;
    this.emit("changed", { email });
    await Promise.all(tray.uploads.filter(({ entry }) => entry).map((upload) => this.#writeRow(upload)));
    await this.#sendWhenDone(email);
  }

  /** @param {string} email */
  async #sendWhenDone(email) {
    const tray = this.tray(email);
    const { uploads, caption, reply } = tray;
    if (caption === null || uploads.some(({ state }) => state !== "done")) {
      return;
    }
    Object.assign(tray, { uploads: [], caption: null, reply: null });
    const files = uploads.map(({ entry }) => /** @type {FileEntry} */ (entry));
    if (files.length > 0) {
      await this.#conversations.change(email, { kind: "files", caption, files, reply });
    } else if (caption !== "") {
      await this.#conversations.send(email, caption, reply);
    }
    this.emit("changed", { email });
    await Promise.all(uploads.map(({ id }) => this.#copies.remove(id)));
  }

  /** @param {Upload} upload */
  async #writeRow({ id, email, entry }) {
    const { caption, reply } = this.tray(email);
    const { nonce, data } = await this.#cipher.seal(rowName(id), { email, entry, caption, reply });
    await this.#copies.write(id, ROW, new Blob([nonce, data]));
  }

  /** @param {string} id @returns {Promise<{ email: string, entry: FileEntry, caption: string | null, reply: string | null } | null>} */
  async #readRow(id) {
    const blob = await this.#copies.read(id, ROW);
    const bytes = blob && new Uint8Array(await blob.arrayBuffer());
    return bytes && this.#cipher.open(rowName(id), { nonce: bytes.slice(0, 12), data: bytes.slice(12) }).catch(() => null);
  }

  // --- what messages have ---

  /**
   * @param {FileEntry} entry of a sound or video
   * @returns {import("./playing.js").PlayedFile | null} plays while it is loaded; null: it is here, or has to be got as a whole
   */
  played(entry) {
    return this.#contents.has(entry.id) ? null : this.#playing.of(entry);
  }

  /**
   * @param {SealedFile} file
   * @param {import("../../crypto/file-encryption.js").Purpose} purpose
   * @param {string} type of the content
   * @param {(fraction: number) => void} [onFraction]
   * @returns {Promise<Blob>} checked as a whole
   * @throws {import("../../crypto/crypto-errors.js").ProtocolError | import("../../crypto/crypto-errors.js").DecryptionError | Error}
   */
  content(file, purpose, type, onFraction = () => {}) {
    const known = this.#contents.get(file.id);
    if (known) {
      this.#contents.delete(file.id);
      this.#contents.set(file.id, known);
      return known.content.then((blob) => blob.slice(0, blob.size, type));
    }
    return this.#keep(file.id, this.#download(file, purpose, type, onFraction), file.size);
  }

  /**
   * @param {SealedFile} file
   * @param {import("../../crypto/file-encryption.js").Purpose} purpose
   * @param {string} type
   * @param {(fraction: number) => void} onFraction
   */
  async #download({ id, key, size, hash }, purpose, type, onFraction) {
    const pieces = this.#files.content(id, new AbortController().signal);
    const parts = wholeParts(pieces, size, onFraction);
    return new Blob(await openWholeFile({ key: fromHex(key), purpose, size, hash, parts }), { type });
  }

  /** @param {string} id @param {Promise<Blob>} content @param {number} size */
  #keep(id, content, size) {
    this.#contents.set(id, { content, size });
    content.catch(() => this.#contents.delete(id));
    let kept = [...this.#contents.values()].reduce((sum, one) => sum + one.size, 0);
    for (const [oldest, { size: freed }] of this.#contents) {
      if (kept <= KEPT_BYTES || oldest === id) {
        break;
      }
      this.#contents.delete(oldest);
      kept -= freed;
    }
    return content;
  }
}

/** @param {FileEntry} entry */
function idsOf({ id, preview }) {
  return preview ? [id, preview.id] : [id];
}

/** @param {string} id */
function rowName(id) {
  return `upload ${id}`;
}

/**
 * @param {string} id
 * @param {string} email
 * @param {{ name: string, size: number, thumbnail: string | null }} file
 * @returns {Upload}
 */
function fresh(id, email, { name, size, thumbnail }) {
  return { id, email, name, size, thumbnail, fraction: 0, state: "working", error: null, entry: null, controller: new AbortController() };
}
