import { OwnData } from "./model/session/own-data.js";
import { Session } from "./model/session/session.js";
import { OwnDataPage } from "./views/dialogs/own-data-dialog.js";

const session = new Session();
const data = new OwnData(session.api);
session.on("ended", ({ reason }) => (reason === "other_account" ? location.reload() : location.replace("/login")));

const page = new OwnDataPage({
  more: (kind) => data.more(kind),
  download: (onRows) => OwnData.everything(session.api, onRows),
});

await page.attempt(async () => {
  if (!(await session.restore())) return location.replace("/login");
  await data.begin();
  page.show(data.kinds, data.elsewhere);
});
