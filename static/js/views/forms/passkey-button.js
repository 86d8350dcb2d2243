/** "Log in with a passkey": by its button, or chosen from the list of the field "Email". */
import { find, setText } from "../../lib/dom.js";
import { asFailure, sentence } from "../parts/strings.js";

/**
 * @param {object} parts
 * @param {(how: {isInField?: boolean, signal?: AbortSignal}) => Promise<unknown>} parts.logIn
 * @param {() => Promise<boolean>} parts.isOfferedInFields
 */
export function passkeyButton({ logIn, isOfferedInFields }) {
  const node = find("#passkey", HTMLButtonElement);
  const error = find("#form-error", HTMLElement);
  const offering = new AbortController();
  let isBusy = false;
  node.disabled = false;
  node.addEventListener("click", async () => {
    if (isBusy) return;
    isBusy = true;
    error.hidden = true;
    offering.abort();
    await logIn({}).catch((failure) => {
      error.hidden = false;
      setText(error, sentence(asFailure(failure)));
    });
    isBusy = false;
  });
  const offer = async () => {
    if (await isOfferedInFields()) await logIn({ isInField: true, signal: offering.signal });
  };
  /* Nobody has asked for it, so that its failure is not said. Who does not touch the field causes no call. */
  find("#email", HTMLInputElement).addEventListener("focus", () => void offer().catch(() => {}), { once: true });
}
