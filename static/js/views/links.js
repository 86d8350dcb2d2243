/** Finds the addresses in a message that are safe to open. Pure: parts come out, views/message.js makes nodes of them. */

/** @typedef {{text: string, href: string | null, asks?: string}} Part asks: the host as it was written, which is not quite what is opened */

const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"'\u0060\u2018-\u201f]+/giu;
/* Characters that hide or turn text around have no place in an address that is to be opened. */
const HIDING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
const LOOKALIKE = /(?:^|\.)xn--/iu;
const TRAILING = /[.,:;!?…。、，]+$/u;

/** @param {string} text */
export function isOnlyEmoji(text) {
  return ONLY_EMOJI.test(text);
}

const PICTURE = String.raw`\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?`;
const ONE_EMOJI = String.raw`(?:\p{Regional_Indicator}{2}|${PICTURE}(?:\u200d${PICTURE})*)`;
const ONLY_EMOJI = new RegExp(`^(?:${ONE_EMOJI}\\s?){1,3}$`, "u");

/**
 * @param {string} text
 * @returns {Part[]}
 */
export function splitLinks(text) {
  /** @type {Part[]} */
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const written = withoutTail(match[0]);
    const link = readAddress(written);
    if (!link) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    parts.push(link);
    end = match.index + written.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

/**
 * Punctuation at the end belongs to the sentence; so does a closing bracket that was not opened inside the address.
 * @param {string} written
 * @returns {string}
 */
function withoutTail(written) {
  const trimmed = written.replace(TRAILING, "");
  const unopened = trimmed.endsWith(")") && trimmed.split("(").length < trimmed.split(")").length;
  if (unopened || /[\]}]$/u.test(trimmed)) return withoutTail(trimmed.slice(0, -1));
  return trimmed;
}

/**
 * Null for what should stay plain text: hidden characters, a user name before the host (https://bank.example@evil.test).
 * A host in another script is shown in its ASCII form, so that a look-alike letter shows.
 * @param {string} written
 * @returns {Part | null}
 */
function readAddress(written) {
  if (HIDING.test(written)) return null;
  const address = /^www\./iu.test(written) ? `https://${written}` : written;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const safe = /^https?:$/u.test(url.protocol) && !url.username && !url.password && url.hostname.includes(".");
  if (!safe && url.hostname !== "localhost") return null;
  const host = hostAsWritten(address);
  if (host.toLowerCase() !== url.hostname || LOOKALIKE.test(host)) return { text: url.href, href: url.href, asks: host };
  return { text: written, href: url.href };
}

/** @param {string} address */
function hostAsWritten(address) {
  return (address.replace(/^https?:\/\//iu, "").split(/[/?#]/u)[0] ?? "").replace(/:\d*$/u, "");
}
