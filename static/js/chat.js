/** The script of the chat page: builds the session, the account and the views. */
import { Account } from "./model/account.js";
import { Session } from "./model/session/session.js";
import { ChatPage } from "./views/page/chat-page.js";
import { loadStoppedPage } from "./views/page/lazy-parts.js";
import { sayNotOpened } from "./views/parts/connection-state.js";

const session = new Session();
/** @type {Account | null} */
let account = null;
session.on("ended", ({ reason }) => {
  if (reason === "storage_lost") {
    void sayLost();
  } else if (reason === "other_account") {
    location.reload();
  } else {
    location.replace(reason === "deleted" ? "/" : "/login");
  }
});

/** Only this page still knows what was not sent. */
async function sayLost() {
  const unsent = account?.unsent() ?? 0;
  await loadStoppedPage().then(({ showLost }) => showLost(unsent), sayNotOpened);
}

async function begin() {
  if (!(await session.restore())) return location.replace("/login");
  account = await Account.open(session);
  new ChatPage({ account, session }).start();
  await account.start();
}

begin().catch(async (error) => {
  if (session.isOver) return; // The error comes from the closed database.
  const actions = {
    kept: () => Account.leftoverData(session),
    forget: () => Account.forget(session),
    logOut: () => session.logOut(),
  };
  if (await loadStoppedPage().then(({ showStopped }) => showStopped(error, actions), sayNotOpened)) return;
  throw error;
});
