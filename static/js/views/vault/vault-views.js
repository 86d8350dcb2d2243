/** Builds what the page shows about ways back in and the person's browsers. */
import { find } from "../../lib/dom.js";
import { AskingDialog } from "../dialogs/dialog.js";
import { AddBrowserDialog } from "./add-browser-dialog.js";
import { CodeDialog } from "./code-dialog.js";
import { KeepDialog } from "./keep-dialog.js";
import { ProofDialog } from "./proof-dialog.js";
import { removeWayDialog, signOutDialog, TryCodeDialog } from "./small-dialogs.js";
import { UnlockDialog } from "./unlock-dialog.js";
import { VaultStrip } from "./vault-strip.js";
import { wayBackBar } from "./way-back-bar.js";
import { WaysCard } from "./ways-card.js";

/** @typedef {import("../../model/account.js").Account} Account */
/**
 * @typedef {object} VaultViewParts
 * @property {Account} account
 * @property {() => string} email
 * @property {(words: string) => void} announce
 * @property {() => void} openSettings
 */

export class VaultViews {
  #isUnlockOffered = false;

  /** @param {VaultViewParts} parts */
  constructor({ account, email, announce, openSettings }) {
    const { conversations, key, reminder } = account;
    /** @type {VaultModel} */
    const vault = account.vault;
    this.account = account;
    this.vault = vault;
    const home = document.importNode(find("#vault-dialogs", HTMLTemplateElement).content, true);
    this.proof = new ProofDialog({ vault, email, home });
    this.code = new CodeDialog({
      draft: () => vault.draftCode(),
      keep: (draft) => this.proof.around(() => vault.keepCode(draft)),
      onKept: () => announce("Your recovery code opens your messages from now on."),
      email,
      home,
    });
    const postpone = () => this.bar.postpone();
    this.keep = new KeepDialog({ vault, proof: this.proof, code: this.code, postpone, onPasskey: () => this.card.askForPasskeys(), home });
    this.add = new AddBrowserDialog({
      invite: () => this.proof.around(() => vault.invite()),
      proof: this.proof,
      onAdded: () => announce("The browser is added."),
      home,
    });
    this.tryCode = new TryCodeDialog({ tryCode: (text) => vault.tryCode(text), home });
    const remove = (/** @type {import("./vault-words.js").Way} */ { id, credentialId, logsInOnly }) =>
      logsInOnly ? vault.removePasskey(String(credentialId)).then(() => this.card.askForPasskeys()) : vault.removeWay(id);
    this.remove = removeWayDialog({ remove: (way) => this.proof.around(() => remove(way)), home });
    this.giveUp = new AskingDialog("give-up", () => this.proof.around(() => vault.giveUp()).then(() => () => this.keep.open()), {}, home);
    this.out = signOutDialog({ signOut: (id, how) => this.proof.around(() => vault.signOut(id, how)), home });
    /* A browser that was signed out holds a key from before. One that has started without old messages has a key since. */
    const wasSignedOut = vault.state === "locked" && key.status === "ready";
    this.isAnew = () => key.status === "ready" && !wasSignedOut;
    this.unlock = new UnlockDialog({ vault, proof: this.proof, hasKey: () => key.status === "ready", home });
    this.card = new WaysCard({ vault, actions: this.actions() });
    this.strip = new VaultStrip({ vault, isAnew: this.isAnew, onUnlock: () => this.unlock.open(), onSettings: openSettings });
    this.bar = wayBackBar({ reminder, isOnlyWay: () => this.isOnlyWay(), onKeep: () => (vault.state === "refused" ? openSettings() : this.keep.open()) });
    conversations.on("chats", () => this.bar.draw());
    for (const source of [key, vault]) source.on("changed", () => this.draw());
    this.draw();
  }

  /** @returns {import("./ways-card.js").CardActions} */
  actions() {
    return {
      keep: () => this.keep.open(),
      unlock: () => this.unlock.open(),
      giveUp: () => this.giveUp.open(),
      addBrowser: () => this.add.invite(),
      tryCode: () => this.tryCode.open(),
      renewCode: () => this.code.offer(),
      removeWay: (way, isLast) => this.remove.open(way, isLast),
      signOut: (browser) => this.out.open(browser),
    };
  }

  draw() {
    this.bar.draw();
    this.strip.draw();
    if (this.vault.state !== "locked") {
      if (this.unlock.isOpen && this.vault.state === "kept") this.unlock.close();
    } else if (!this.#isUnlockOffered && !this.isAnew()) {
      this.#isUnlockOffered = true;
      this.unlock.open();
    }
  }

  /** Whether there are messages that are lost with this browser. */
  isOnlyWay() {
    const hasMessages = this.account.conversations.chats().some(({ lastAt }) => lastAt !== null);
    return hasMessages && this.vault.isOnlyWay;
  }
}
