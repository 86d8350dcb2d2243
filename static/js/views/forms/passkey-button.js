/** "Log in with a passkey": by its button, or chosen from the list of the field "Email". It is not shown where it is impossible. */
import { find, setText } from "../../lib/dom.js";
import { asFailure, sentence } from "../parts/strings.js";

/**
 * @param {object} parts
 * @param {(how: {isInField?: boolean, signal?: AbortSignal}) => Promise<unknown>} parts.logIn
 * @param {boolean} parts.isPossible
 * @param {() => Promise<boolean>} parts.isOfferedInFields
 */
export function passkeyButton({ logIn, isPossible, isOfferedInFields }) {
  const node = find("#passkey", HTMLButtonElement);
  const error = find("#form-error", HTMLElement);
  const offering = new AbortController();
  let isBusy = false;
  node.hidden = !isPossible;
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
  const email = find("#email", HTMLInputElement);
  const offer = async () => {
    if (await isOfferedInFields()) await logIn({ isInField: true, signal: offering.signal });
  };
  /* Nobody has asked for it, so that its failure is not said. Who does not touch the field causes no call. */
  const begin = () => void offer().catch(() => {});
  if (email === document.activeElement) begin();
  else email.addEventListener("focus", begin, { once: true });
}
