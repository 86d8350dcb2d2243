/** Puts the pieces of an answer together to the parts over which a file's hash goes. */
import { PART_LENGTH, sealedLength } from "../../crypto/file-encryption.js";

/**
 * @param {AsyncIterable<Bytes>} pieces of any length
 * @param {number} size of the content
 * @param {(fraction: number) => void} onFraction
 * @returns {AsyncGenerator<Bytes, void>} parts; more than the file's length is handed on, to be refused
 */
export async function* wholeParts(pieces, size, onFraction) {
  const whole = sealedLength(size);
  let part = new Uint8Array(Math.min(PART_LENGTH, whole));
  let [filled, done] = [0, 0];
  for await (const piece of pieces) {
    let rest = piece;
    while (rest.length > 0) {
      const fits = rest.subarray(0, part.length - filled);
      part.set(fits, filled);
      [filled, done, rest] = [filled + fits.length, done + fits.length, rest.subarray(fits.length)];
      if (filled === part.length) {
        yield part;
        part = new Uint8Array(Math.min(PART_LENGTH, Math.max(whole - done, 1)));
        filled = 0;
      }
    }
    onFraction(Math.min(1, done / whole));
  }
  if (filled > 0) {
    yield part.subarray(0, filled);
  }
}
