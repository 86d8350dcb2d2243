import { sendsMail } from "./model/session/password-reset.js";
import { Session } from "./model/session/session.js";
import { ForgotPage } from "./views/forms/forgot-page.js";

const session = new Session();
const page = new ForgotPage((email) => session.api.askForResetLink(email));
if (!(await sendsMail(session))) page.showNoMail();
