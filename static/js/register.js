import { register } from "./model/doors.js";
import { prepare } from "./model/first-key.js";
import { Session } from "./model/session.js";
import { readResident } from "./storage/device.js";
import { credentialsForm, offerToGoOn, strengthBars } from "./views/credentials.js";

const session = new Session();
void session.leaveIfOwed();

credentialsForm(async ({ email = "", password = "", display_name: displayName = "" }) => {
  await register(session, { email, password, displayName });
  /* Where the key cannot be made now, /chat does it. */
  await prepare(session).catch(() => null);
  location.assign("/chat");
});
strengthBars();

offerToGoOn(await readResident());
