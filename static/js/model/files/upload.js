/** One file on its way to the server: sealed at once, then uploaded part by part, also after a reload. */
import { CryptoManager } from "../../crypto/crypto.js";
import { PART_LENGTH, hashOfParts, newFileKey, partCount, sealFile, sealedLength } from "../../crypto/file-encryption.js";
import { blobReader } from "../../lib/blob-reader.js";
import { toBase64, toHex } from "../../lib/bytes.js";
import { check, entries, object } from "../server/validators.js";
import { again } from "./again.js";

/** @typedef {import("../../types/file-type.js").FileEntry} FileEntry */
/** @typedef {import("../../types/file-type.js").SealedFile} SealedFile */
/**
 * What is to be sent.
 * @typedef {{ name: string, type: string, content: Blob, width: number, height: number, duration: number, waveform: string,
 *   thumbnail: string | null, preview: Blob | null }} Prepared
 */
/** @typedef {{ files: import("../../net/file-api.js").FileApi, copies: import("../../storage/sealed-copies.js").SealedCopies }} Tools */

const FILE_ID = /^[0-9a-f]{32}$/;
/** How much of the bar is sealing. */
const SEALING_SHARE = 0.1;

/**
 * Makes room on the server and keeps the sealed bytes here.
 * @param {Tools} tools
 * @param {{ upload: string, email: string, prepared: Prepared, signal: AbortSignal, onFraction: (fraction: number) => void }} request
 * @returns {Promise<FileEntry>}
 */
export async function seal(tools, { upload, email, prepared, signal, onFraction }) {
  const { content, preview, ...told } = prepared;
  const sealOne = async (/** @type {Blob} */ blob, /** @type {import("../../crypto/file-encryption.js").Purpose} */ purpose) => {
    const { id } = object(await tools.files.create(email, sealedLength(blob.size)));
    check(id, () => typeof id === "string" && FILE_ID.test(id), "file");
    return sealTo(tools, { upload, id, blob, purpose, signal, onFraction });
  };
  const file = await sealOne(content, "file");
  return { ...file, ...told, preview: preview && (await sealOne(preview, "preview")) };
}

/**
 * @param {Tools} tools
 * @param {{ upload: string, id: string, blob: Blob, purpose: import("../../crypto/file-encryption.js").Purpose, signal: AbortSignal,
 *   onFraction: (fraction: number) => void }} request
 * @returns {Promise<SealedFile>}
 */
async function sealTo({ copies }, { upload, id, blob, purpose, signal, onFraction }) {
  const key = newFileKey();
  const size = blob.size;
  const hashes = [];
  for await (const part of sealFile({ key, purpose, size, read: blobReader(blob) })) {
    signal.throwIfAborted();
    await copies.write(upload, `${id}-${hashes.length}`, part);
    hashes.push(await CryptoManager.sha256(part));
    onFraction((SEALING_SHARE * hashes.length * PART_LENGTH) / Math.max(sealedLength(size), PART_LENGTH));
  }
  return { id, key: toHex(key), size, hash: toHex(await hashOfParts(hashes)) };
}

/**
 * Uploads what the server does not have yet.
 * @param {Tools} tools
 * @param {{ upload: string, entry: FileEntry, signal: AbortSignal, onFraction: (fraction: number) => void }} request
 * @throws {ApiError | NetworkError | DOMException}
 */
export async function uploadParts({ files, copies }, { upload, entry, signal, onFraction }) {
  const sealed = [entry, ...(entry.preview ? [entry.preview] : [])];
  const whole = sealed.reduce((sum, { size }) => sum + sealedLength(size), 0);
  let done = 0;
  for (const { id, size } of sealed) {
    const there = await again(signal, async () => present(await files.parts(id)));
    for (let number = 0; number < partCount(sealedLength(size)); number += 1) {
      const part = await copies.read(upload, `${id}-${number}`);
      if (part === null) {
        throw new CopyLost();
      }
      if (!there.has(number)) {
        const bytes = new Uint8Array(await part.arrayBuffer());
        const digest = toBase64(await CryptoManager.sha256(bytes));
        await again(signal, () => files.putPart(id, number, bytes, digest, signal));
      }
      done += part.size;
      onFraction(SEALING_SHARE + ((1 - SEALING_SHARE) * done) / whole);
    }
    await again(signal, () => files.complete(id));
  }
}

/** The sealed bytes are not here any more, so that the person has to choose the file again. */
export class CopyLost extends Error {
  code = "copy_lost";
}

/** @param {any} answer @returns {Set<number>} */
function present(answer) {
  return new Set(entries(object(answer).parts).map((part) => object(part).number));
}
