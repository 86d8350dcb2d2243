import { Session } from "./model/session/session.js";
import { canUsePasskeys, logInByPasskey, offersPasskeysInFields } from "./model/session/passkeys.js";
import { logIn } from "./model/session/sign-in.js";
import { readResident } from "./storage/device.js";
import { credentialsForm, offerToGoOn, sayWhyEnded } from "./views/forms/credentials.js";
import { chatAddress, sayInvited } from "./views/forms/invited.js";
import { passkeyButton } from "./views/forms/passkey-button.js";

const session = new Session();
void session.leaveIfOwed();

credentialsForm(async ({ email = "", password = "" }) => {
  await logIn(session, { email, password });
  location.assign(chatAddress());
});

passkeyButton({
  logIn: async (how) => {
    const seed = await logInByPasskey(session, how);
    if (seed) await import("./model/passkey-unlock.js").then(({ unlockBySeed }) => unlockBySeed(session, seed)).catch(() => {});
    location.assign(chatAddress());
  },
  isPossible: canUsePasskeys(),
  isOfferedInFields: offersPasskeysInFields,
});

const resident = await readResident().catch(() => null);
offerToGoOn(resident);
sayWhyEnded(resident);
sayInvited();
