import { setPassword, tokenIn } from "./model/session/password-reset.js";
import { Session } from "./model/session/session.js";
import { ResetPage } from "./views/forms/reset-page.js";

const token = tokenIn(location.hash);
/* Out of the address bar and the history: whoever has the link can take the account. */
history.replaceState(null, "", location.pathname);
/* Another link, opened in this tab. */
addEventListener("hashchange", () => location.reload());

const page = new ResetPage();
if (token) page.ask((password, removesPasskeys) => setPassword(new Session(), { token, password, removesPasskeys }));
else page.showNoLink();
