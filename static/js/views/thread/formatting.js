/**
 * Finds `*bold*`, `_italic_`, `` `code` ``, code blocks and addresses in a message. Pure: a tree of parts comes out,
 * views/thread/formatted-text.js makes nodes of it. All parts together are the text as it was typed, marks included, so that copying and searching find
 * it. The text is hostile and may be 4,000 characters long, so it is scanned in linear time.
 */
import { linksIn } from "./links.js";

/**
 * @typedef {{ kind: "text" | "mark" | "code", text: string }} Leaf mark: what says how to show its neighbour
 * @typedef {{ kind: "link", text: string, href: string, asks?: string, written: string }} Link
 * @typedef {{ kind: "bold" | "italic" | "block", parts: Part[] }} Marked it begins and ends with a mark; block: lines of code
 * @typedef {Leaf | Link | Marked} Part
 */
/** @typedef {{ from: number, to: number, parts: Part[] }} Closed a stretch of the text in which nothing else is looked for */
/** @typedef {{ from: number, to: number }} Pair the places of two marks */

const FENCE = "```";
/** @type {Record<string, "bold" | "italic">} */
const KINDS = { "*": "bold", _: "italic" };
const WORD = /[\p{L}\p{N}\p{M}]/u;
const SPACE = /\s/u;
/* Each is an element of the page, and a screen has many messages. */
const MOST_PAIRS = 200;

/**
 * @param {string} text
 * @returns {Part[]}
 */
export function formatted(text) {
  const closed = closedIn(text);
  return partsBetween(text, 0, text.length, { closed, at: 0 }, { pairs: pairsIn(text, closed), at: 0 });
}

/**
 * @param {string} text
 * @returns {string} the text as it is read, without its marks: for where it is on one line
 */
export function unmarked(text) {
  return wordsOf(formatted(text));
}

/**
 * @param {Part[]} parts
 * @returns {string}
 */
function wordsOf(parts) {
  return parts.map((part) => {
    if (part.kind === "mark") return "";
    if (part.kind === "link") return part.written;
    return "parts" in part ? wordsOf(part.parts) : part.text;
  }).join("");
}

/**
 * @param {string} text
 * @returns {Closed[]} code and addresses, in their order
 */
function closedIn(text) {
  /** @type {Closed[]} */
  const found = [];
  let at = 0;
  for (const code of codeIn(text)) {
    found.push(...closedLinks(text, at, code.from), code);
    at = code.to;
  }
  return [...found, ...closedLinks(text, at, text.length)];
}

/**
 * @param {string} text
 * @returns {Closed[]}
 */
function codeIn(text) {
  /** @type {Closed[]} */
  const found = [];
  let isFenced = true;
  for (let at = text.indexOf("`"); at >= 0 && found.length < MOST_PAIRS; at = text.indexOf("`", at)) {
    /** @type {number} */
    const fence = isFenced && text.startsWith(FENCE, at) ? text.indexOf(FENCE, at + FENCE.length) : -1;
    isFenced &&= fence >= 0 || !text.startsWith(FENCE, at);
    const code = fence >= 0 ? fenced(text, at, fence) : inline(text, at);
    if (code) found.push(code);
    at = code?.to ?? afterTicks(text, at);
  }
  return found;
}

/**
 * @param {string} text
 * @param {number} at
 */
function afterTicks(text, at) {
  let end = at;
  while (text[end] === "`") end += 1;
  return end;
}

/**
 * Line breaks next to the marks belong to them: they would be shown as empty lines.
 * @param {string} text
 * @param {number} from
 * @param {number} last where the second mark begins
 * @returns {Closed | null}
 */
function fenced(text, from, last) {
  const inner = text.slice(from + FENCE.length, last);
  if (inner.trim() === "") return null;
  const isBlock = inner.includes("\n");
  const begin = isBlock && inner.startsWith("\n") ? 1 : 0;
  const end = isBlock && inner.endsWith("\n") ? inner.length - 1 : inner.length;
  /** @type {Part[]} */
  const parts = [
    { kind: "mark", text: FENCE + inner.slice(0, begin) },
    { kind: isBlock ? "text" : "code", text: inner.slice(begin, end) },
    { kind: "mark", text: inner.slice(end) + FENCE },
  ];
  return { from, to: last + FENCE.length, parts: isBlock ? [{ kind: "block", parts }] : parts };
}

/**
 * @param {string} text
 * @param {number} from
 * @returns {Closed | null} code of one line, without another "`" next to its marks
 */
function inline(text, from) {
  const next = text.indexOf("`", from + 1);
  const inner = text.slice(from + 1, next);
  if (next < 0 || text[next + 1] === "`" || inner.trim() === "" || inner.includes("\n")) return null;
  return { from, to: next + 1, parts: [{ kind: "mark", text: "`" }, { kind: "code", text: inner }, { kind: "mark", text: "`" }] };
}

/**
 * @param {string} text
 * @param {number} begin
 * @param {number} end
 * @returns {Closed[]}
 */
function closedLinks(text, begin, end) {
  return linksIn(text.slice(begin, end)).map(({ from, to, link: { text: shown, href, ...asks } }) => {
    const written = text.slice(begin + from, begin + to);
    return { from: begin + from, to: begin + to, parts: [{ kind: "link", text: shown, href: href ?? "", ...asks, written }] };
  });
}

/**
 * @param {string} text
 * @param {Closed[]} closed
 * @returns {Pair[]} properly nested, in the order of their first marks
 */
function pairsIn(text, closed) {
  /** @type {Pair[]} */
  const pairs = [];
  /** @type {{ mark: string, at: number }[]} what is open on this line */
  let open = [];
  let next = 0;
  for (let at = 0; at < text.length && pairs.length < MOST_PAIRS; at += 1) {
    const stretch = closed[next];
    if (stretch?.from === at) {
      // Emphasis is of one line.
      if (text.slice(at, stretch.to).includes("\n")) open = [];
      at = stretch.to - 1;
      next += 1;
      continue;
    }
    const mark = text[at] ?? "";
    if (mark === "\n") open = [];
    if (!KINDS[mark]) continue;
    const opener = closes(text, at) ? open.findLastIndex((one) => one.mark === mark) : -1;
    if (opener >= 0) {
      pairs.push({ from: open[opener]?.at ?? 0, to: at });
      open = open.slice(0, opener);
    } else if (opens(text, at) && !open.some((one) => one.mark === mark)) open.push({ mark, at });
  }
  return pairs.sort((one, other) => one.from - other.from);
}

/**
 * @param {string} text
 * @param {number} at
 */
function opens(text, at) {
  const [mark, before, behind] = [text[at], characterBefore(text, at), text[at + 1] ?? " "];
  return !WORD.test(before) && before !== mark && !SPACE.test(behind) && behind !== mark;
}

/**
 * @param {string} text
 * @param {number} at
 */
function closes(text, at) {
  const [mark, before, behind] = [text[at], text[at - 1] ?? " ", String.fromCodePoint(text.codePointAt(at + 1) ?? 32)];
  return !WORD.test(behind) && behind !== mark && !SPACE.test(before) && before !== mark;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {string} the character before it, of two code units where it has them; " " at the beginning
 */
function characterBefore(text, at) {
  const last = text.charCodeAt(at - 1);
  const isSecond = at > 1 && last >= 0xdc00 && last <= 0xdfff;
  return (isSecond ? text.slice(at - 2, at) : text[at - 1]) ?? " ";
}

/**
 * @param {string} text
 * @param {number} from
 * @param {number} to
 * @param {{ closed: Closed[], at: number }} stretches those from `at` on are not before `from`
 * @param {{ pairs: Pair[], at: number }} emphasis the same
 * @returns {Part[]}
 */
function partsBetween(text, from, to, stretches, emphasis) {
  /** @type {Part[]} */
  const parts = [];
  let at = from;
  while (at < to) {
    const [stretch, pair] = [stretches.closed[stretches.at], emphasis.pairs[emphasis.at]];
    const next = Math.min(stretch?.from ?? to, pair?.from ?? to, to);
    if (next > at) parts.push({ kind: "text", text: text.slice(at, next) });
    at = next;
    if (at >= to) break;
    if (stretch?.from === at) {
      stretches.at += 1;
      parts.push(...stretch.parts);
      at = stretch.to;
    } else if (pair) {
      emphasis.at += 1;
      /** @type {Leaf} */
      const mark = { kind: "mark", text: text[pair.from] ?? "" };
      const inner = partsBetween(text, pair.from + 1, pair.to, stretches, emphasis);
      parts.push({ kind: KINDS[mark.text] ?? "bold", parts: [mark, ...inner, mark] });
      at = pair.to + 1;
    }
  }
  return parts;
}
