/** What the buttons about strangers and blocked people do. */

/** @typedef {import("../thread/standing-bar.js").Actions} Actions */

/**
 * @param {object} parts
 * @param {import("../../model/account.js").Account} parts.account
 * @param {(words: string) => void} parts.announce
 * @param {(email: string) => void} parts.open the chat
 * @param {(email: string) => void} parts.leave the chat, if it is open
 * @returns {Actions}
 */
export function strangerActions({ account, announce, open, leave }) {
  const { conversations } = account;
  const block = async (/** @type {string} */ email) => {
    if (conversations.requests().some((request) => request.email === email)) leave(email);
    await (await account.strangers()).block(email);
    announce("Blocked. They are not told. Settings has the people you have blocked.");
  };
  return {
    async show(email) {
      await (await account.strangers()).show(email);
      await listed(conversations, () => conversations.requests().some((request) => request.email === email && request.isShown));
      open(email);
    },
    async accept(email) {
      await (await account.strangers()).accept(email);
      await listed(conversations, () => conversations.chats().some((chat) => chat.email === email));
      open(email);
    },
    async remove(email) {
      leave(email);
      await conversations.clear(email);
      announce("Deleted.");
    },
    block,
    async report(email) {
      const request = conversations.requests().find((one) => one.email === email);
      const chat = conversations.chats().find((one) => one.email === email);
      const [{ openReport }, reports] = await Promise.all([import("../dialogs/report-dialog.js"), account.reports()]);
      await openReport({
        reports, email, block, announce, name: (request ?? chat)?.name ?? email,
        isUnseen: request?.isShown === false, isBlocked: chat?.isBlocked === true,
      });
    },
    async unblock(email) {
      await (await account.strangers()).unblock(email);
      announce("Unblocked.");
    },
  };
}

/**
 * @param {import("../../model/conversations.js").Conversations} conversations
 * @param {() => boolean} isThere
 * @returns {Promise<void>} when the lists show it
 */
function listed(conversations, isThere) {
  return new Promise((resolve) => {
    const look = () => {
      if (!isThere()) return;
      stop();
      resolve();
    };
    const stop = conversations.on("chats", look);
    look();
  });
}
