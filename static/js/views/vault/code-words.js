/** The recovery code as people type it and keep it. Pure. */
import { LocalFormat } from "../parts/local-time.js";

const day = new LocalFormat({ dateStyle: "long" });

/**
 * @param {string} typed
 * @param {string} group of the code
 */
export function isSameGroup(typed, group) {
  return plain(typed) === group;
}

/** @param {string} typed Crockford's base32 as people read it: small letters, and O, I and L for digits */
function plain(typed) {
  return typed.replace(/[\s-]/gu, "").toUpperCase().replace(/O/gu, "0").replace(/[IL]/gu, "1");
}

/**
 * @param {{code: string, email: string, host: string, at: Date}} kept
 * @returns {string} the file that is downloaded
 */
export function codeFile({ code, email, host, at }) {
  return [
    "VibeChat recovery code",
    "",
    code,
    "",
    `Your address: ${email}`,
    `Your server: ${host}`,
    `Made on: ${day.format(at)}`,
    "",
    "How to use it: log in, and type it at \u201cUnlock your messages\u201d.",
    "Keep it where nobody else looks. A newer code makes this one useless.",
    "",
  ].join("\r\n");
}
