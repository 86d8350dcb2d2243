/** Builds everything and passes it on. */
import { Account } from "./model/account.js";
import { Session } from "./model/session.js";
import { ChatPage } from "./views/chat-page.js";
import { sayCannotKeep } from "./views/connection.js";

const session = new Session();
session.on("ended", ({ reason }) => (reason === "other_account" ? location.reload() : location.replace("/login")));

async function begin() {
  if (!(await session.restore())) return location.replace("/login");
  const account = await Account.open(session);
  new ChatPage({ account, session }).start();
  await account.start();
}

begin().catch((error) => {
  sayCannotKeep();
  throw error;
});
