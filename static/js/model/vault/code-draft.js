/** The recovery code as the person writes it down and types it. */
import { CryptoManager } from "../../crypto/crypto.js";
import { codeSeed, makeCode, readCode } from "../../crypto/recovery-code.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {{ code: string, groups: string[], ask: [number, number] }} CodeDraft ask: two of the groups, from 0 */

const GROUPS = 7;

/** @returns {CodeDraft} a code that is not kept yet */
export function draftCode() {
  const code = makeCode();
  const [start, step] = CryptoManager.randomBytes(2);
  const [first, second] = [start % GROUPS, (start + 1 + (step % (GROUPS - 1))) % GROUPS].sort((left, right) => left - right);
  return { code, groups: code.split("-"), ask: [first, second] };
}

/**
 * @param {string} text as typed
 * @param {string} email the account's
 * @returns {Promise<Bytes>} the seed of the way back
 * @throws {Refusal} `code_malformed`, `code_damaged`; its `group` is where a character is wrong, or null
 */
export async function seedOfCode(text, email) {
  const reading = readCode(text);
  if (reading.ok === false) {
    throw Object.assign(new Refusal(`code_${reading.problem}`), { group: reading.group });
  }
  return codeSeed(reading.symbols, email);
}
