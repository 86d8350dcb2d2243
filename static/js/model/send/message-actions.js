/** What a person does to messages: the contents that say so (docs/protocol.md §5.8). */
import { CryptoManager } from "../../crypto/crypto.js";
import { chatWith } from "../../storage/chat-ids.js";
import { EDIT_WITHIN_MS } from "../../types/message-states.js";
import { file as fileType, readFiles } from "../../types/file-type.js";
import { nothing } from "../../types/nothing-type.js";
import { reaction } from "../../types/reaction-type.js";
import { text as textType } from "../../types/text-type.js";
import { timer } from "../../types/timer-type.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {Pick<import("../screen/thread-items.js").ThreadItem, "content" | "id" | "versions" | "mine">} Message */
/**
 * @typedef {{ kind: "timer", seconds: number } | { kind: "react", on: Message, emoji: string } | { kind: "edit", on: Message, text: string }
 *   | { kind: "delete", on: Message }
 *   | { kind: "files", caption: string, files: import("../../types/file-type.js").FileEntry[], reply: string | null }} Action emoji: "" for none any more
 */
/** @typedef {{ type: string, body: string, v: number, replaces: string | null, reply?: string | null, expires?: number | null }} Change */

const EDITED = [textType.name, fileType.name];
const LATEST_MS = 8_640_000_000_000_000;

/**
 * @param {Pick<ConversationsParts, "messageStore" | "outbox" | "people" | "serverDeletions">} parts
 * @param {string} email
 * @param {Action} action
 * @throws {Refusal}
 */
export async function change({ messageStore, outbox, people, serverDeletions }, email, action) {
  const message = written(action, people.contentVersion(email));
  const clientId = CryptoManager.randomUuid();
  const { timer: before } = await messageStore.chat(chatWith(email));
  // A timer counts from now on, also where the last one was set by a clock that is ahead.
  const atMs = action.kind === "timer" && before ? Math.min(LATEST_MS, Math.max(Date.now(), before.atMs + 1)) : Date.now();
  await outbox.add({ ...message, clientId, peer: email, atMs });
  if (action.kind === "delete") {
    if (action.on.id !== null) await serverDeletions.add([{ id: action.on.id, whom: "everyone", after: clientId }]);
    await messageStore.eraseDeleted(chatWith(email));
  }
}

/**
 * Removes a message for the person, and tells the server.
 * @param {Pick<ConversationsParts, "messageStore" | "serverDeletions">} parts
 * @param {string} email
 * @param {{ content: { hash: string } | null }} message
 */
export async function forget({ messageStore, serverDeletions }, email, { content }) {
  const ids = content ? await messageStore.remove(chatWith(email), content.hash) : [];
  await serverDeletions.add(ids.map((id) => ({ id, whom: "me", after: null })));
}

/**
 * @param {Action} action
 * @param {number} v the version that all browsers of the chat read
 * @returns {Change}
 * @throws {Refusal}
 */
function written(action, v) {
  if (v < 2) {
    throw new Refusal("no_version_2");
  }
  if (action.kind === "files") {
    const { caption, files, reply } = action;
    return { type: fileType.name, ...composed(fileType, { caption, files }), v, replaces: null, reply };
  }
  if (action.kind === "timer") {
    return { type: timer.name, ...composed(timer, { seconds: action.seconds }), v, replaces: null };
  }
  const { content } = action.on;
  if (content === null) {
    throw new Refusal("no_version_2");
  }
  const expires = secondsLeft(content.goneAtMs);
  const { hash, browser, counter } = content;
  if (action.kind === "react") {
    const saw = action.on.versions.at(-1)?.hash ?? hash;
    return { type: reaction.name, ...composed(reaction, { on: hash, saw, emoji: action.emoji }), v, replaces: null, expires };
  }
  if (action.kind === "delete") {
    return { type: nothing.name, ...composed(nothing, { browser, counter }), v, replaces: hash };
  }
  if (!mayEdit(action.on)) {
    throw new Refusal("too_late");
  }
  const edited = content.type === fileType.name ? composed(fileType, { ...readFiles(content.body), caption: action.text }) : composed(textType, action.text);
  return { type: content.type, ...edited, v, replaces: hash, expires };
}

/**
 * @param {number} [goneAtMs] of the message that is changed
 * @returns {number | null} the seconds that are left of its time
 */
function secondsLeft(goneAtMs = Infinity) {
  return goneAtMs === Infinity ? null : Math.max(1, Math.ceil((goneAtMs - Date.now()) / 1000));
}

/**
 * @param {Message} message
 * @returns {boolean} whether it is one's own text or has a caption, and is not too old
 */
export function mayEdit({ mine, content }) {
  return mine && content !== null && EDITED.includes(content.type) && Date.now() <= content.sentAtMs + EDIT_WITHIN_MS;
}

/**
 * @param {import("../../types/content-types.js").ContentType} type
 * @param {unknown} value
 */
function composed(type, value) {
  const made = type.compose(value);
  if ("refusal" in made) {
    throw new Refusal(made.refusal);
  }
  return made;
}
