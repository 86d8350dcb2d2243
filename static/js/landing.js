import { readResident } from "./storage/device.js";
import { offerToGoOn } from "./views/credentials.js";

offerToGoOn(await readResident());
