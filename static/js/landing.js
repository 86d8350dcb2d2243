import { find } from "./lib/dom.js";
import { Session } from "./model/session/session.js";
import { readResident } from "./storage/device.js";
import { offerToGoOn } from "./views/forms/credentials.js";

void new Session().leaveIfOwed();

/* Who is logged in needs one button, and it is not one of these. */
find("#start", HTMLElement).hidden = offerToGoOn(await readResident().catch(() => null));
