/** What a person does with a whole chat: pins, mutes, archives, marks, names and deletes it. Loaded when it is needed. */
import { changed, later } from "../../lib/later.js";
import { chatWith, nicknameRecord } from "../../storage/chat-ids.js";
import { nicknameOf } from "../session/chat-settings.js";

/** @typedef {import("../../lib/later.js").Setting<string>} Nickname */
/** @typedef {import("../session/chat-settings.js").SettingsChange} SettingsChange */
/** @typedef {Pick<ConversationsParts, "chatList" | "cipher" | "clearing" | "drafts" | "messageStore" | "outbox" | "people">} Parts */
/** @typedef {Omit<SettingsChange, "archived" | "deleted"> & { archived?: boolean, deleted?: boolean, nickname?: string }} Wish nickname: as typed */

/**
 * @param {Parts} parts
 * @param {string} email
 * @param {Wish} wish
 */
export async function changeSettings(parts, email, { nickname, ...wish }) {
  if (nickname !== undefined) {
    const before = parts.people.nickname(email);
    await takeNickname(parts, email, changed(before, nicknameOf(nickname), parts.cipher.browser));
  }
  if (wish.deleted) {
    await clear(parts, email);
    await store(parts, email, { pinned: false, unread: false, archived: false, ...wish });
  } else {
    await store(parts, email, wish);
  }
}

/**
 * Takes over a nickname, unless the one that stands is later.
 * @param {Pick<Parts, "cipher" | "people">} parts
 * @param {string} email
 * @param {Nickname} nickname
 */
export async function takeNickname({ cipher, people }, email, nickname) {
  const value = nickname.value === "" ? null : await cipher.seal(nicknameRecord(email), nickname.value);
  await people.update(email, (row) => void (row.nickname = later(row.nickname, { ...nickname, value })));
}

/**
 * @param {Parts} parts
 * @param {string} email
 * @param {Omit<Wish, "nickname">} wish
 */
async function store({ chatList, cipher, messageStore }, email, { archived, deleted, ...flags }) {
  const [lastId, isArchived] = [chatList.lastId(email), chatList.summary(email)?.isArchived];
  await messageStore.changeChat(chatWith(email), (chat) => {
    /** @type {SettingsChange} */
    const change = { ...flags };
    // What is muted and in the archive stays there when it is not muted any more, though messages have come.
    if (archived !== undefined || (flags.muted === false && isArchived)) {
      change.archived = archived === false ? null : lastId;
    }
    if (deleted !== undefined) {
      change.deleted = deleted ? Math.max(lastId, chat.clearedThrough ?? 0) : null;
    }
    return { settings: settingsWith(chat.settings, change, cipher.browser) };
  });
}

/**
 * @param {ChatRow["settings"]} before
 * @param {SettingsChange} change
 * @param {string} browser
 * @returns {ChatRow["settings"]}
 */
function settingsWith(before = {}, change, browser) {
  const entries = Object.entries(change).map(([name, value]) => {
    const setting = before[/** @type {keyof SettingsChange} */ (name)];
    // An older version of the page may have muted the chat without a setting.
    const isSame = setting ? setting.value === value : value === null || (value === false && name !== "muted");
    return [name, isSame ? setting : changed(/** @type {any} */ (setting), value, browser)];
  });
  return { ...before, ...Object.fromEntries(entries.filter(([, setting]) => setting)) };
}

/**
 * Clears the chat, and takes back what was not sent.
 * @param {Parts} parts
 * @param {string} email
 */
async function clear({ chatList, clearing, drafts, messageStore, outbox }, email) {
  const [glance] = await messageStore.glance([chatWith(email)]);
  for (const { clientId, state } of glance?.unsent ?? []) {
    if (state !== "sending") {
      await outbox.remove(clientId);
    }
  }
  drafts.setDraft(email, "");
  await clearing.clear(chatWith(email));
  await chatList.refresh([email]);
}
