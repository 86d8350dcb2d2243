import { Session } from "./model/session/session.js";
import { logIn } from "./model/session/sign-in.js";
import { readResident } from "./storage/device.js";
import { credentialsForm, offerToGoOn, sayWhyEnded } from "./views/forms/credentials.js";

const session = new Session();
void session.leaveIfOwed();

credentialsForm(async ({ email = "", password = "" }) => {
  await logIn(session, { email, password });
  location.assign("/chat");
});

const resident = await readResident().catch(() => null);
offerToGoOn(resident);
sayWhyEnded(resident);
