import { prepare } from "./model/first-key.js";
import { Session } from "./model/session/session.js";
import { isRegistrationClosed, register } from "./model/session/sign-in.js";
import { readResident } from "./storage/device.js";
import { InvitationField } from "./views/dialogs/invitation.js";
import { credentialsForm, offerToGoOn, strengthBars } from "./views/forms/credentials.js";

const session = new Session();
void session.leaveIfOwed();

const invitation = new InvitationField(location.hash);

credentialsForm(async ({ email = "", password = "", display_name: displayName = "" }) => {
  await register(session, { email, password, displayName, invite: invitation.token }).catch((error) => {
    if (error.code === "registration_closed") invitation.ask();
    throw error;
  });
  /* Where the key cannot be made now, /chat does it. */
  await prepare(session).catch(() => null);
  location.assign("/chat");
});
strengthBars();
if (!invitation.token && (await isRegistrationClosed(session))) invitation.ask();

offerToGoOn(await readResident().catch(() => null));
