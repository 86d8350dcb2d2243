/** Makes the dialogs of the chat page. */
import { addContactDialog } from "./add-contact-dialog.js";
import { detailsDialog } from "./details-dialog.js";
import { Dialog } from "./dialog.js";
import { differDialog } from "./differ-dialog.js";
import { keysChangedDialog } from "./keys-changed-dialog.js";
import { logOutDialog } from "./log-out-dialog.js";
import { SettingsDialog } from "./settings-dialog.js";
import { storageLossStrip } from "./storage-loss-strip.js";
import { TakeOverDialog } from "./take-over-dialog.js";

/** @typedef {import("../../model/account.js").Account} Account */
/** @typedef {import("../../model/session/session.js").Session} Session */
/** @typedef {import("./details-dialog.js").Person} Person */

/**
 * @typedef {object} DialogParts
 * @property {Account} account
 * @property {import("../../model/keys/safety.js").Safety} safety
 * @property {import("./notifications-part.js").Pushing} push
 * @property {Session} session
 * @property {() => Person | null} person of the chat that is open
 * @property {(email: string) => void} onAdded
 * @property {import("../thread/standing-bar.js").Actions} actions
 * @property {() => void} onSettings
 * @property {(node: Element) => Promise<boolean>} drawOwn the person's own avatar; whether it has a picture
 * @property {(email: string, button: HTMLElement) => void} onOptions
 * @property {import("./log-out-dialog.js").WayBack} wayBack
 */

/** @param {DialogParts} parts */
export function makeDialogs({ account, push, safety, session, person, onAdded, actions, onOptions, onSettings, drawOwn, wayBack }) {
  const { conversations, preferences } = account;
  storageLossStrip(account);
  return {
    addContact: addContactDialog({ add: (email) => account.contacts.add(email), onAdded }),
    differ: differDialog({ mayWrite: (email) => safety.mayWrite(email) }),
    details: detailsDialog({
      person,
      clear: (email) => conversations.clear(email),
      safety,
      isMuted: (email) => conversations.isMuted(email),
      setMuted: (email, muted) => conversations.set(email, { muted }),
      options: onOptions,
      ...blocking(conversations, actions),
      timers: {
        timer: (email) => conversations.timer(email),
        setTimer: (email, seconds) => conversations.change(email, { kind: "timer", seconds }),
      },
    }),
    keysChanged: keysChangedDialog({
      accept: ({ email, fingerprint, offer }) => conversations.acceptKey(email, fingerprint, offer),
      decline: ({ email, fingerprint, offer }) => conversations.declineKey(email, fingerprint, offer),
      wasCompared: (email) => safety.state(email).compared !== "no",
    }),
    logOut: logOutDialog({
      logOut: (choice) => account.logOut(choice),
      unsent: () => account.unsent(),
      drafts: () => conversations.chats().filter(({ draft }) => draft !== "").length,
      wayBack,
      onDone: () => location.replace("/login"),
    }),
    settings: new SettingsDialog({
      user: () => ({ email: session.user?.email ?? "", displayName: session.user?.displayName ?? "" }),
      updateDisplayName: async (name) => {
        await session.updateDisplayName(name);
        await conversations.changeProfile({ name });
      },
      changePicture: (picture) => conversations.changeProfile({ name: session.user?.displayName ?? "", picture }),
      drawAvatar: drawOwn,
      changePassword: (change) => session.changePassword(change),
      deleteAccount: (proof) => account.deleteAccount(proof),
      exported: () => account.exported(),
      preferences,
      strangers: () => account.strangers(),
      push,
      onOpen: onSettings,
    }),
    shortcuts: new Dialog("shortcuts"),
    takeOver: new TakeOverDialog(account),
  };
}

/**
 * @param {import("../../model/conversations.js").Conversations} conversations
 * @param {import("../thread/standing-bar.js").Actions} actions
 * @returns {import("./details-dialog.js").Blocking}
 */
function blocking(conversations, { block, unblock, report }) {
  const isBlocked = (/** @type {string} */ email) => conversations.chats().some((chat) => chat.email === email && chat.isBlocked);
  const isRequest = (/** @type {string} */ email) => conversations.requests().some((request) => request.email === email);
  return { isRequest, isBlocked, block, unblock, report };
}
