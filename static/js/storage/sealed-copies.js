/**
 * Sealed bytes of files that are being uploaded, so that an upload goes on after a reload with exactly the same bytes. They are
 * in the browser's private file system; where there is none they are in memory. It is loaded on demand.
 */

/** @type {(email: string) => string} */
const folderName = (email) => `uploads ${encodeURIComponent(email)}`;

export class SealedCopies {
  #email;
  /** @type {Map<string, Map<string, Blob>>} by upload: without a file system */
  #memory = new Map();

  /** @param {string} email one's own */
  constructor(email) {
    this.#email = email;
  }

  /** Whether copies outlast the page. */
  static get isKept() {
    return Boolean(globalThis.navigator?.storage) && "createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {});
  }

  /**
   * @param {string} upload
   * @param {string} name
   * @param {Blob | Bytes} content
   */
  async write(upload, name, content) {
    if (!SealedCopies.isKept) {
      const copies = this.#memory.get(upload) ?? new Map();
      this.#memory.set(upload, copies.set(name, new Blob([content])));
      return;
    }
    const file = await (await this.#folder(upload)).getFileHandle(name, { create: true });
    const stream = await file.createWritable();
    await stream.write(content);
    await stream.close();
  }

  /**
   * @param {string} upload
   * @param {string} name
   * @returns {Promise<Blob | null>}
   */
  async read(upload, name) {
    if (!SealedCopies.isKept) {
      return this.#memory.get(upload)?.get(name) ?? null;
    }
    const folder = await this.#folder(upload).catch(() => null);
    const file = await folder?.getFileHandle(name).catch(() => null);
    return (await file?.getFile()) ?? null;
  }

  /** @returns {Promise<string[]>} the uploads of which there are copies */
  async uploads() {
    if (!SealedCopies.isKept) {
      return [...this.#memory.keys()];
    }
    const names = [];
    for await (const name of (await this.#folder()).keys()) {
      names.push(name);
    }
    return names;
  }

  /** @param {string} upload */
  async remove(upload) {
    this.#memory.delete(upload);
    if (SealedCopies.isKept) {
      await (await this.#folder()).removeEntry(upload, { recursive: true }).catch(() => {});
    }
  }

  /** @param {string} email whose data leaves this browser */
  static async forget(email) {
    if (SealedCopies.isKept) {
      const root = await navigator.storage.getDirectory();
      await root.removeEntry(folderName(email), { recursive: true }).catch(() => {});
    }
  }

  /** @param {string} [upload] none: the folder of all */
  async #folder(upload) {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(folderName(this.#email), { create: true });
    return upload === undefined ? folder : folder.getDirectoryHandle(upload, { create: true });
  }
}
