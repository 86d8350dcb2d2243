import { Session } from "./model/session.js";
import { readResident } from "./storage/device.js";
import { offerToGoOn } from "./views/credentials.js";

void new Session().leaveIfOwed();

offerToGoOn(await readResident());
