/**
 * Finds the addresses in a message that are safe to open. Pure: parts come out, views/thread/message-view.js makes nodes of them.
 * The text is hostile and may be 4,000 characters long, so it is scanned once, in linear time.
 */

/** @typedef {{text: string, href: string | null, asks?: string}} Part asks: the host as it was written, which is not quite what is opened */

/* An address does not begin within a Latin word. Scripts without spaces may stand directly before one. */
const START = /(?<![a-z0-9])(?:https?:\/\/|(?<![.@/:-])www\.)/giu;
/* Ends an address wherever it stands: spaces, and the punctuation of scripts that write no space after it. */
const END =
  /[\s<>`\u3001-\u3003\u3008-\u3011\u3014-\u301f\ufe10-\ufe19\ufe30-\ufe44\ufe47\ufe48\ufe50-\ufe5e\uff01\uff02\uff07-\uff09\uff0c\uff0e\uff1a-\uff1c\uff1e\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64]/u;
/* Characters that are invisible or change the direction of text are refused in an address. */
const HIDING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
/* At the end of an address these belong to the sentence. */
const TAIL = /[\p{Terminal_Punctuation}\p{Ps}\p{Pi}\p{Pf}*\u2026\u00b7\u00a1\u00bf]/u;
/* Around an address: emphasis. */
const EMPHASIS = "_~|";
const OPENER = /\p{Ps}/u;
const LETTER = /[\p{L}\p{N}]/u;
/* Each link is an element of the page, and a screen has many messages. */
const MOST_LINKS = 100;
const LOOKALIKE = /(?:^|\.)xn--/iu;

/** @type {Record<string, string>} which quotes close one that was opened */
const CLOSING_QUOTES = {
  '"': '"',
  "'": "'",
  "\u2018": "\u2019",
  "\u2019": "\u2019",
  "\u201a": "\u2018\u2019",
  "\u201c": "\u201d",
  "\u201d": "\u201d",
  "\u201e": "\u201c\u201d",
  "\u00ab": "\u00bb",
  "\u00bb": "\u00ab\u00bb",
  "\u2039": "\u203a",
  "\u203a": "\u2039\u203a",
};
/* These also occur within words. */
const APOSTROPHES = "'\u2019";

/**
 * @typedef {object} Kind of character
 * @property {boolean} ends an address
 * @property {boolean} isTail it is left outside at the end of one
 * @property {boolean} isLetter
 * @property {boolean} isQuote
 * @property {boolean} isOpener a bracket
 * @property {string} opener the bracket that it closes; "": none
 */

/** @type {Map<string, Kind>} each character is looked at once */
const KINDS = new Map();

/**
 * @param {string | undefined} character
 * @returns {Kind}
 */
function kindOf(character = "") {
  const known = KINDS.get(character);
  if (known) return known;
  const kind = {
    ends: END.test(character),
    isTail: TAIL.test(character) || HIDING.test(character),
    isLetter: LETTER.test(character),
    isQuote: Object.hasOwn(CLOSING_QUOTES, character),
    isOpener: OPENER.test(character),
    opener: openerOf(character),
  };
  KINDS.set(character, kind);
  return kind;
}

/**
 * @param {string} text
 * @returns {{from: number, to: number, link: Part}[]} with the places of what was written
 */
export function linksIn(text) {
  /** @type {{from: number, to: number, link: Part}[]} */
  const found = [];
  const quotes = new OpenQuotes(text);
  let searched = 0;
  for (const { index } of text.matchAll(START)) {
    if (index < searched) continue;
    if (found.length >= MOST_LINKS) break;
    quotes.readTo(index);
    const written = addressAt(text, index, quotes);
    searched = index + written.length;
    const link = readAddress(written);
    if (link) found.push({ from: index, to: searched, link });
  }
  return found;
}

/** Which quotes are open at a place of the text. */
class OpenQuotes {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.place = 0;
    /** @type {Set<string>} */
    this.opened = new Set();
    /** what closes one of them */
    this.closing = "";
  }

  /** @param {number} end not included */
  readTo(end) {
    for (; this.place < end; this.place += 1) this.read(this.text[this.place] ?? "");
  }

  /** @param {string} character */
  read(character) {
    if (character === "\n") this.opened.clear();
    else if (!kindOf(character).isQuote) return;
    else if (this.closes(this.place)) this.close(character);
    else if (!kindOf(this.text[this.place - 1]).isLetter) this.opened.add(character);
    this.closing = [...this.opened].map((opened) => CLOSING_QUOTES[opened]).join("");
  }

  /** @param {string} character */
  close(character) {
    for (const opened of this.opened) if (CLOSING_QUOTES[opened]?.includes(character)) this.opened.delete(opened);
  }

  /** @param {number} place */
  closes(place) {
    const character = this.text[place] ?? "";
    const isWithinWord = APOSTROPHES.includes(character) && kindOf(this.text[place + 1]).isLetter;
    return !isWithinWord && this.closing.includes(character);
  }
}

/**
 * @param {string} text
 * @param {number} start
 * @param {OpenQuotes} quotes
 * @returns {string}
 */
function addressAt(text, start, quotes) {
  const pairs = new Pairs();
  const before = text[start - 1] ?? "";
  let end = start;
  for (; end < text.length; end += 1) {
    const kind = kindOf(text[end]);
    if (kind.ends || (kind.isQuote && quotes.closes(end)) || isOuter(text[end] ?? "", before, pairs)) break;
    pairs.add(text[end] ?? "", 1);
  }
  for (; end > start && isTail(text[end - 1] ?? "", before, pairs); end -= 1) pairs.add(text[end - 1] ?? "", -1);
  return text.slice(start, end);
}

/**
 * @param {string} character the next one
 * @param {string} before what stands before the address
 * @param {Pairs} pairs
 * @returns {boolean} whether it closes the bracket that stands there
 */
function isOuter(character, before, pairs) {
  const { opener } = kindOf(character);
  return opener !== "" && opener === before && pairs.count(character) >= pairs.count(opener);
}

/**
 * @param {string} character the last one of an address
 * @param {string} before the one that stands before it
 * @param {Pairs} pairs
 * @returns {boolean} whether it belongs to what is around the address
 */
function isTail(character, before, pairs) {
  const kind = kindOf(character);
  const isEmphasis = character === before && EMPHASIS.includes(character);
  const isUnpaired = kind.isQuote ? pairs.count(character) % 2 === 1 : pairs.count(character) > pairs.count(kind.opener);
  return kind.isTail || isEmphasis || ((kind.isQuote || kind.opener !== "") && isUnpaired);
}

/** How often each bracket and quote stands in an address. */
class Pairs {
  /** @type {Map<string, number>} */
  counts = new Map();

  /** @param {string} character */
  count(character) {
    return this.counts.get(character) ?? 0;
  }

  /**
   * @param {string} character
   * @param {1 | -1} step
   */
  add(character, step) {
    const { isQuote, isOpener, opener } = kindOf(character);
    if (isQuote || isOpener || opener !== "") this.counts.set(character, this.count(character) + step);
  }
}

/**
 * @param {string} character
 * @returns {string} the bracket that it closes; "": it closes none
 */
function openerOf(character) {
  if (!/\p{Pe}/u.test(character)) return "";
  const code = character.charCodeAt(0);
  const candidates = [code - 1, code - 2, code + 1].map((other) => String.fromCharCode(other));
  return candidates.find((other) => OPENER.test(other)) ?? "";
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
  if (!/^https?:$/u.test(url.protocol) || url.username || url.password || !isHost(url.hostname)) return null;
  const host = hostAsWritten(address);
  if (host.toLowerCase() !== url.hostname || LOOKALIKE.test(host)) return { text: url.href, href: url.href, asks: host };
  return { text: written, href: url.href };
}

/**
 * A word behind two slashes is none, except for this machine's own name.
 * @param {string} name
 */
function isHost(name) {
  return name.includes(".") || name.startsWith("[") || name === "localhost";
}

/** @param {string} address */
function hostAsWritten(address) {
  return (address.replace(/^https?:\/\//iu, "").split(/[/?#]/u)[0] ?? "").replace(/:\d*$/u, "");
}
