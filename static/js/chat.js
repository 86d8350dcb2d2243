/** Builds everything and passes it on. */
import { loadCrypto } from "./crypto/later.js";
import { Account } from "./model/account.js";
import { loadTakingBack } from "./model/later.js";
import { Session } from "./model/session.js";
import { ChatPage } from "./views/chat-page.js";
import { sayNotOpened } from "./views/connection.js";
import { stopped } from "./views/later.js";

const session = new Session();
session.on("ended", ({ reason }) => (reason === "other_account" ? location.reload() : location.replace("/login")));

async function begin() {
  if (!(await session.restore())) return location.replace("/login");
  const account = await Account.open(session);
  const prefetch = () => Promise.all([account.tellLookalikesApart(), loadCrypto(), loadTakingBack()]);
  new ChatPage({ account, session, prefetch }).start();
  await account.start();
}

begin().catch(async (error) => {
  if (session.isOver) return; // what was under way lost its database
  const actions = {
    kept: () => Account.kept(session),
    forget: () => Account.forget(session),
    logOut: () => session.logOut(),
  };
  if (await stopped().then(({ showStopped }) => showStopped(error, actions), sayNotOpened)) return;
  throw error;
});
