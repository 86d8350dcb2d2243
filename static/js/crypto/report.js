/**
 * Seals a report for the operators' report key (docs/protocol.md §5.13).
 */
import { concat, fromBase64, lengthPrefixed, uint32, utf8Encode } from "../lib/bytes.js";
import { untaggedJson } from "./content.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { sealBase } from "./hpke.js";

/**
 * @typedef {object} ReportedMessage
 * @property {Content} content
 * @property {{ id: number, created_at: string, stamp: string }} [stamp] as the server gave it; none: nothing proves the message
 */
/** @typedef {import("./content.js").Content} Content */

export const REASON_LIMIT = 1000;
const STEP = 4096;
const LONGEST = 22 * STEP;
const LABEL = utf8Encode("VibeChat report");
const FORM = utf8Encode("VibeChat report 1");
const NOTHING = new Uint8Array();

/**
 * @param {Bytes} key the operators' public key, 65 bytes
 * @returns {Promise<string>} eight groups of four hexadecimal digits: the first 16 bytes of its SHA-256
 */
export async function reportKeyNumber(key) {
  const digits = await CryptoManager.sha256Hex(key);
  return (digits.slice(0, 32).match(/.{4}/g) ?? []).join(" ");
}

/**
 * @param {object} request
 * @param {Bytes} request.key the operators' public key, 65 bytes
 * @param {string} request.reporter one's own email
 * @param {string} request.reported the other person's
 * @param {string} request.reason text, at most `REASON_LIMIT` characters
 * @param {ReportedMessage[]} request.messages
 * @returns {Promise<Bytes>} a multiple of 4096 bytes and 81
 * @throws {ProtocolError} `padding`: it is too long; `public_key`: no such key
 */
export async function sealReport({ key, reporter, reported, reason, messages }) {
  const report = lengthPrefixed(FORM, utf8Encode(reason), ...messages.map(partsOf));
  const length = Math.ceil((4 + report.length) / STEP) * STEP;
  if (length > LONGEST) {
    throw new ProtocolError("padding");
  }
  const padded = concat(uint32(report.length), report, new Uint8Array(length - 4 - report.length));
  const info = lengthPrefixed(LABEL, utf8Encode(reporter), utf8Encode(reported));
  const { enc, ciphertext } = await sealBase(key, info, padded);
  return concat(enc, ciphertext);
}

/**
 * @param {ReportedMessage} message
 * @returns {Bytes}
 */
function partsOf({ content, stamp }) {
  const { id, created_at, stamp: bytes } = stamp ?? { id: 0, created_at: "", stamp: "" };
  return lengthPrefixed(utf8Encode(String(id)), utf8Encode(created_at), bytes ? fromBase64(bytes) : NOTHING, untaggedJson(content));
}
