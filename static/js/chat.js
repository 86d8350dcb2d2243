/** The script of the chat page: builds the session, the account and the views. */
import { Account } from "./model/account.js";
import { Session } from "./model/session/session.js";
import { ChatPage } from "./views/page/chat-page.js";
import { loadStoppedPage } from "./views/page/lazy-parts.js";
import { sayNotOpened } from "./views/parts/connection-state.js";

const session = new Session();
session.on("ended", ({ reason }) => (reason === "other_account" ? location.reload() : location.replace("/login")));

async function begin() {
  if (!(await session.restore())) return location.replace("/login");
  const account = await Account.open(session);
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
