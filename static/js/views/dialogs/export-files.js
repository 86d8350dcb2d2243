/** The two files of "Download everything that is mine", and those of one chat. Pure: text from the model's parts, piece by piece. */
import { LocalFormat } from "../parts/local-time.js";

/** @typedef {import("../../model/screen/export.js").ExportPart} ExportPart */
/** @typedef {import("../../model/screen/export.js").AccountPart} AccountPart */
/** @typedef {import("../../model/screen/export.js").ChatPart} ChatPart */
/** @typedef {import("../../model/screen/export.js").ExportedMessage} ExportedMessage */
/** @typedef {AsyncGenerator<ExportPart, void, void>} Parts */

const HOLDS =
  "This file holds your account, the people you know, and each message and draft that this browser keeps, as text that " +
  "anybody can read.";
const LACKS =
  "It does not hold your keys or your recovery code, messages that are only in your other browsers, chats that you " +
  "cleared, or what the server keeps about you. The last is in Settings, under “What this server knows about you”.";
const HOLDS_CHAT = "This file holds each message and draft that this browser keeps of one chat, as text that anybody can read.";
const NOT_OPENED = "This browser could not open this message.";
const STATES = { sent: "Sent", delivered: "Delivered", read: "Read", sending: "Sending", failed: "Not sent", held: "Not sent" };

const moment = new LocalFormat({ dateStyle: "medium", timeStyle: "short" });

// --- JSON ------------------------------------------------------------------------------------------------------------

/**
 * @param {Parts} parts
 * @param {Date} now
 */
export async function* jsonPieces(parts, now) {
  let [chats, messages] = [0, 0];
  for await (const part of parts) {
    if (part.kind === "account") {
      const { email, displayName, createdAt, people } = part;
      const head = { about: part.isOneChat ? HOLDS_CHAT : `${HOLDS} ${LACKS}`, madeAt: now.toISOString(), account: { email, displayName, createdAt }, people };
      yield `${JSON.stringify(head, null, 1).slice(0, -2)},\n "chats": [`;
    } else if (part.kind === "chat") {
      const { kind: _, ...chat } = part;
      yield `${chats > 0 ? "\n]}," : ""}\n${JSON.stringify(chat).slice(0, -1)},"messages":[`;
      [chats, messages] = [chats + 1, 0];
    } else {
      const first = messages;
      messages += part.messages.length;
      yield part.messages.map((message, at) => `${first + at > 0 ? "," : ""}\n${JSON.stringify(message)}`).join("");
    }
  }
  yield `${chats > 0 ? "\n]}\n" : ""}]\n}\n`;
}

// --- HTML ------------------------------------------------------------------------------------------------------------

/* No script, no address: the page loads nothing and opens offline. */
const STYLE =
  "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;color-scheme:light dark}" +
  "section{content-visibility:auto;contain-intrinsic-size:auto 30rem}" +
  "article{max-width:80%;margin:.5rem 0;padding:.5rem .9rem;border:1px solid;border-radius:1rem}" +
  ".mine{margin-inline-start:auto}" +
  "article p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}small{opacity:.75}";
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * @param {Parts} parts
 * @param {Date} now
 */
export async function* htmlPieces(parts, now) {
  /** @type {Map<string, string>} display names by email */
  const names = new Map();
  let chats = 0;
  for await (const part of parts) {
    if (part.kind === "account") {
      for (const { email, displayName } of [part, ...part.people]) names.set(email, displayName);
      yield htmlHead(part, now);
    } else if (part.kind === "chat") {
      yield `${chats > 0 ? "</section>\n" : ""}${htmlChat(part)}`;
      chats += 1;
    } else {
      yield part.messages.map((message) => htmlMessage(message, names.get(message.from) || message.from)).join("");
    }
  }
  yield `${chats > 0 ? "</section>\n" : ""}</main></body></html>\n`;
}

/**
 * @param {AccountPart} account
 * @param {Date} now
 */
function htmlHead({ email, displayName, createdAt, people, isOneChat }, now) {
  const [title, words] = isOneChat ? ["A chat", [HOLDS_CHAT]] : ["Everything that is mine", [HOLDS, LACKS]];
  const contacts = people.map(
    (person) =>
      `<li>${named(person)}${person.nickname === undefined ? "" : `, whom you call <bdi>${escaped(person.nickname)}</bdi>`}${person.comparedAt === null ? "" : `, numbers compared on ${time(person.comparedAt)}`}</li>\n`,
  );
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${title} · VibeChat</title><style>${STYLE}</style></head><body><main>\n<h1>${title}</h1>\n` +
    `${words.map((one) => `<p>${escaped(one)}</p>\n`).join("")}<p>Made on ${time(now.toISOString())}.</p>\n` +
    `<h2>Account</h2>\n<p>${named({ email, displayName })}, since ${time(createdAt)}</p>\n` +
    `<h2>People</h2>\n<ul>\n${contacts.join("")}</ul>\n`
  );
}

/** @param {ChatPart} chat */
function htmlChat(chat) {
  const draft = chat.draft === "" ? "" : `<p>Draft, not sent: <bdi>${escaped(chat.draft)}</bdi></p>\n`;
  return `<section>\n<h2>Chat with ${named(chat)}</h2>\n${draft}`;
}

/**
 * @param {ExportedMessage} message
 * @param {string} name
 */
function htmlMessage({ at, mine, state, type, text, body }, name) {
  const words = type === null ? NOT_OPENED : (text ?? body ?? "");
  const said = state === null ? "" : ` · ${STATES[state]}`;
  return (
    `<article${mine ? ' class="mine"' : ""}><small><bdi>${escaped(name)}</bdi> · ${time(at)}${said}</small>` +
    `<p dir="auto">${escaped(words)}</p></article>\n`
  );
}

/** @param {{ email: string, displayName: string }} person */
function named({ email, displayName }) {
  const address = `<bdi>${escaped(email)}</bdi>`;
  return displayName === "" ? address : `<bdi>${escaped(displayName)}</bdi> (${address})`;
}

/** @param {string} iso */
function time(iso) {
  return `<time datetime="${escaped(iso)}">${escaped(moment.format(new Date(iso)))}</time>`;
}

/** @type {Record<string, string>} */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** @param {string} text of anybody */
function escaped(text) {
  return text
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "\ufffd")
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "");
}
