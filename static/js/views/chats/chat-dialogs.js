/** The dialogs of the menu of a chat: the nickname, the download of the chat, and "Delete chat". */
import { element, find, setText } from "../../lib/dom.js";
import { AskingDialog, Dialog } from "../dialogs/dialog.js";
import { ExportPart } from "../dialogs/export-part.js";

/** @typedef {import("../../model/conversations.js").ChatSummary} ChatSummary */
/**
 * @typedef {object} Parts
 * @property {import("../../model/conversations.js").Conversations} conversations
 * @property {(email: string) => import("../dialogs/export-files.js").Parts} exported
 * @property {(email: string) => void} leave what shows that chat
 */

const LONGEST_NICKNAME = 100;

export class ChatDialogs {
  /** @type {ChatSummary | null} */
  #chat = null;
  #back = () => {};
  #nickname;
  #remove;
  #download;

  /** @param {Parts} parts */
  constructor(parts) {
    const home = document.createDocumentFragment();
    home.append(nicknameNode(), removeNode(), downloadNode());
    this.#nickname = new AskingDialog("nickname", async ({ nickname = "" }) => {
      await parts.conversations.set(this.#email, { nickname });
    }, {}, home);
    this.#remove = new AskingDialog("delete-chat", async () => {
      await parts.conversations.set(this.#email, { deleted: true });
      parts.leave(this.#email);
    }, {}, home);
    this.#download = new Dialog("download-chat", home);
    new ExportPart(() => parts.exported(this.#email), this.#download.node);
    for (const { node } of [this.#nickname, this.#remove, this.#download]) node.addEventListener("close", () => this.#back());
  }

  get #email() {
    return this.#chat?.email ?? "";
  }

  /**
   * @param {ChatSummary} chat
   * @param {() => void} back where the focus returns
   */
  nickname(chat, back) {
    this.#open(this.#nickname, chat, back);
    const input = find("input", HTMLInputElement, this.#nickname.node);
    input.value = chat.otherName === "" ? "" : chat.name;
    input.select();
  }

  /**
   * @param {ChatSummary} chat
   * @param {() => void} back
   */
  download(chat, back) {
    this.#open(this.#download, chat, back);
  }

  /**
   * @param {ChatSummary} chat
   * @param {() => void} back
   */
  remove(chat, back) {
    this.#open(this.#remove, chat, back);
  }

  /**
   * @param {Dialog} dialog
   * @param {ChatSummary} chat
   * @param {() => void} back
   */
  #open(dialog, chat, back) {
    this.#chat = chat;
    this.#back = back;
    for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, chat.name);
    for (const node of dialog.node.querySelectorAll("[data-other-name]")) setText(node, chat.otherName || chat.name);
    for (const node of dialog.node.querySelectorAll("[data-email]")) setText(node, chat.email);
    dialog.open();
  }
}

const name = () => element("bdi", { "data-name": true });
const closer = (/** @type {string} */ label) => element("button", { type: "button", class: "button quiet", "data-close": true }, label);

/**
 * @param {string} id
 * @param {import("../../lib/dom.js").Child[]} title
 * @param {import("../../lib/dom.js").Child[]} body
 * @param {HTMLElement} act
 */
function formDialog(id, title, body, act) {
  return element(
    "dialog", { id, class: "dialog", "aria-labelledby": `${id}-title` },
    element(
      "form", { method: "dialog", novalidate: true },
      element("h2", { id: `${id}-title`, tabindex: "-1", autofocus: true }, ...title),
      ...body,
      element("p", { class: "form-error", role: "alert", hidden: true }),
      element("div", { class: "dialog-actions" }, closer("Cancel"), act),
    ),
  );
}

function nicknameNode() {
  const input = element("input", {
    id: "nickname-text", name: "nickname", type: "text", maxlength: LONGEST_NICKNAME, dir: "auto", autocomplete: "off", "aria-describedby": "nickname-hint",
  });
  const field = element("div", { class: "field" }, element("label", { for: "nickname-text" }, "Nickname"), input);
  const hint = element(
    "p", { class: "hint", id: "nickname-hint" }, "Only you see it, in all your browsers. Their own name is ",
    element("bdi", { "data-other-name": true }), ". Leave it empty to use that.",
  );
  return formDialog("nickname", ["A nickname for ", element("bdi", { "data-email": true })], [field, hint],
    element("button", { type: "submit", class: "button" }, "Save"));
}

function removeNode() {
  const words = element("p", {}, "All of its messages go from your account and your browsers, and so does what you have not sent. ", name(), " keeps their copy.");
  const later = element("p", { class: "hint" }, "If ", name(), " writes again, or you add them again, a new chat begins.");
  return formDialog("delete-chat", ["Delete the chat with ", name(), "?"], [words, later],
    element("button", { type: "submit", class: "button danger" }, "Delete chat"));
}

function downloadNode() {
  const choice = (/** @type {string} */ format, /** @type {string} */ label) =>
    element("button", { type: "button", class: "button quiet", "data-export": format }, label);
  return element(
    "dialog", { id: "download-chat", class: "dialog", "aria-labelledby": "download-chat-title" },
    element("h2", { id: "download-chat-title", tabindex: "-1", autofocus: true }, "Download the chat with ", name()),
    element("p", {}, "A file with each message and the draft that this browser keeps of this chat. Anybody who has the file can read it."),
    choice("html", "Download as a page to read"), choice("json", "Download as data (JSON)"),
    element("progress", { "aria-label": "Messages read", hidden: true }),
    element("p", { class: "form-done", "data-export-said": true, role: "status" }),
    element("p", { class: "form-error", "data-export-failed": true, role: "alert" }),
    element("div", { class: "dialog-actions" }, closer("Close")),
  );
}
