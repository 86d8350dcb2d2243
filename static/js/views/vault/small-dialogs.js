/** Dialogs with one form: try the recovery code, remove a way back in, sign out another browser. */
import { find, setText } from "../../lib/dom.js";
import { AskingDialog, Dialog } from "../dialogs/dialog.js";
import { AskingForm } from "../forms/form.js";

/** @typedef {import("./vault-words.js").Way} Way */
/** @typedef {import("./vault-words.js").KnownBrowser} KnownBrowser */

export class TryCodeDialog extends Dialog {
  /** @param {{tryCode: (text: string) => Promise<unknown>, home: ParentNode}} parts */
  constructor({ tryCode, home }) {
    super("try-code", home);
    const said = find(".form-done", HTMLElement, this.node);
    const work = async (/** @type {Record<string, string>} */ { code = "" }) => {
      setText(said, "");
      await tryCode(code);
      setText(said, "It works. It opens your messages.");
    };
    this.form = new AskingForm(find("form", HTMLFormElement, this.node), work, { code: "Type your recovery code." });
    this.node.addEventListener("input", () => setText(said, ""));
    this.said = said;
  }

  /** @override */
  open() {
    this.form.reset();
    setText(this.said, "");
    super.open();
  }

  /** @override */
  closed() {
    super.closed();
    if (!this.isOpen) this.form.reset();
  }
}

const NO_LOG_IN = "It no longer logs you in.";
const PASSKEY = "It no longer opens your messages or logs you in.";
const CODE = "It no longer opens your messages. You can make a new one.";

/** @param {{remove: (way: Way) => Promise<unknown>, home: ParentNode}} parts */
export function removeWayDialog({ remove, home }) {
  /** @type {Way | null} */
  let way = null;
  const dialog = new AskingDialog("remove-way", async () => way && remove(way), {}, home);
  const title = find("h2", HTMLElement, dialog.node);
  const words = find("#remove-way-words", HTMLElement, dialog.node);
  const last = find("#remove-way-last", HTMLElement, dialog.node);
  return {
    /**
     * @param {Way} chosen
     * @param {boolean} isLast
     */
    open(chosen, isLast) {
      way = chosen;
      const isCode = chosen.kind === "code";
      setText(title, isCode ? "Remove your recovery code?" : "Remove this passkey?");
      setText(words, isCode ? CODE : chosen.logsInOnly ? NO_LOG_IN : PASSKEY);
      last.hidden = !isLast;
      dialog.open();
    },
  };
}

/** @param {{signOut: (id: string, how: {isStolen: boolean}) => Promise<unknown>, home: ParentNode}} parts */
export function signOutDialog({ signOut, home }) {
  let id = "";
  const work = async (/** @type {Record<string, string>} */ { stolen }) => signOut(id, { isStolen: stolen !== undefined });
  const dialog = new AskingDialog("sign-out", work, {}, home);
  return {
    /** @param {KnownBrowser} browser */
    open(browser) {
      id = browser.id;
      setText(find("[data-browser]", HTMLElement, dialog.node), browser.name);
      dialog.open();
    },
  };
}
