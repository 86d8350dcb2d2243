/** The dialogs of the chat page. They are loaded after its first screen (later.js). */
import { find, setText } from "../../lib/dom.js";
import { AskingForm } from "../forms/form.js";
import { plural } from "../parts/format.js";
import { onKey } from "../parts/key-presses.js";
import { asFailure, sentence } from "../parts/strings.js";
import { detailsDialog } from "./details.js";
import { AskingDialog, Dialog } from "./dialog.js";
import { forgettingStrip } from "./storage-loss-strip.js";

/** @typedef {import("../../model/account.js").Account} Account */
/** @typedef {import("../../model/session/session.js").Session} Session */
/** @typedef {import("../thread/thread-view.js").Person} Person */

/**
 * @typedef {object} DialogParts
 * @property {Account} account
 * @property {import("../../model/keys/safety.js").Safety} safety
 * @property {Session} session
 * @property {() => Person | null} person of the chat that is open
 * @property {(email: string) => void} onAdded
 */

/** @param {DialogParts} parts */
export function makeDialogs({ account, safety, session, person, onAdded }) {
  const { conversations, preferences } = account;
  forgettingStrip(account);
  return {
    addContact: addContactDialog({ add: (email) => account.contacts.add(email), onAdded }),
    differ: differDialog({ mayWrite: (email) => safety.mayWrite(email) }),
    details: detailsDialog({ person, clear: (email) => conversations.clear(email), safety }),
    keysChanged: keysChangedDialog({
      accept: (email, fingerprint) => conversations.acceptKey(email, fingerprint),
      wasCompared: (email) => safety.state(email).compared !== "no",
    }),
    logOut: logOutDialog({
      logOut: (choice) => account.logOut(choice),
      unsent: () => account.unsent(),
      drafts: () => conversations.chats().filter(({ draft }) => draft !== "").length,
      onDone: () => location.replace("/login"),
    }),
    settings: new Settings({
      user: () => ({ email: session.user?.email ?? "", displayName: session.user?.displayName ?? "" }),
      updateDisplayName: (name) => session.updateDisplayName(name),
      changePassword: (change) => session.changePassword(change),
      deleteAccount: (proof) => account.deleteAccount(proof),
      tellsRead: () => preferences.readReceipts,
      tellRead: (tells) => preferences.setReadReceipts(tells),
    }),
    shortcuts: new Dialog("shortcuts"),
    takeOver: new TakeOver(account.key),
  };
}

// --- Adds a person by email and goes to the chat with them.

/** @param {{add: (email: string) => Promise<{email: string}>, onAdded: (email: string) => void}} parts */
export function addContactDialog({ add, onAdded }) {
  const dialog = new AskingDialog(
    "add-contact",
    async (values) => {
      const { email } = await add((values.email ?? "").trim());
      return () => onAdded(email);
    },
    { email: "Enter an address." },
  );
  return {
    /** @param {string} [email] that is known already */
    open(email = "") {
      dialog.open();
      find("#add-contact-email", HTMLInputElement).value = email;
    },
  };
}

// --- Asks whether this browser shall forget its key and messages.

const KEEPS = "Your key and messages stay in this browser, so that you can go on when you log in again.";

/**
 * @typedef {object} LogOutParts
 * @property {(choice: {forget: boolean}) => Promise<unknown>} logOut
 * @property {() => number} unsent
 * @property {() => number} drafts
 * @property {() => void} onDone
 */

/** @param {LogOutParts} parts */
export function logOutDialog({ logOut, unsent, drafts, onDone }) {
  const forget = find("#log-out-forget", HTMLInputElement);
  const keeps = find("#log-out-keeps", HTMLElement);
  const button = find("#log-out-now", HTMLButtonElement);
  const draw = () => {
    setText(keeps, forget.checked ? forgetsWords(unsent(), drafts()) : KEEPS);
    for (const node of [keeps, button]) node.classList.toggle("grave", forget.checked);
  };
  /** @type {AskingDialog} */
  const dialog = new AskingDialog("log-out", () =>
    dialog.hold(async () => {
      await logOut({ forget: forget.checked });
      onDone();
    }),
  );
  forget.addEventListener("change", draw);
  /* In a form, Enter on a check box would send it: nobody is logged out by a key pressed twice. */
  onKey(forget, (event) => event.key === "Enter" && event.preventDefault());
  return {
    open() {
      dialog.open();
      draw();
    },
  };
}

/**
 * @param {number} unsent
 * @param {number} drafts
 */
export function forgetsWords(unsent, drafts) {
  const others = [
    unsent > 0 && plural(unsent, "message that is not sent yet", "messages that are not sent yet"),
    drafts > 0 && plural(drafts, "draft", "drafts"),
  ].filter(Boolean);
  const also = others.length > 0 ? ` You also lose ${others.join(" and ")}.` : "";
  return `You lose your key and all messages in this browser. Nobody can bring them back.${also}`;
}

// --- This browser does not hold the account's key: says so in plain words, and replaces nothing before it is told to.

/** @typedef {import("../../model/keys/account-key.js").AccountKey} AccountKey */

/** @type {Record<string, {strip: string, lead: string}>} */
const WORDS = {
  "absent-here": {
    strip: "You're logged in, but your messages still go to your other browser.",
    lead: "Your earlier messages can't be opened in this browser. If you still use VibeChat in another browser, they are there.",
  },
  forgotten: {
    strip: "You're logged in, but this browser has forgotten your key.",
    lead: "Your earlier messages can't be opened in this browser. If you still use VibeChat in another browser, they are there.",
  },
  replaced: {
    strip: "You use VibeChat in another browser now. New messages open there.",
    lead: "You have started to use VibeChat in another browser. New messages open only there.",
  },
};

export class TakeOver {
  /** @param {AccountKey} key */
  constructor(key) {
    this.key = key;
    this.asked = false;
    this.strip = find("#key-strip", HTMLElement);
    this.dialog = new AskingDialog("take-over", () => key.takeOver());
    key.on("changed", () => this.draw());
    this.draw();
  }

  open() {
    this.dialog.open();
  }

  draw() {
    const { isForgotten, status } = this.key;
    const words = WORDS[status === "absent-here" && isForgotten ? "forgotten" : status];
    this.strip.hidden = !words;
    if (!words) return;
    setText(find("#key-strip-text", HTMLElement), words.strip);
    setText(find("#take-over-lead", HTMLElement), words.lead);
    if (!this.asked) this.dialog.open();
    this.asked = true;
  }
}

// --- Somebody's keys changed: what that means, and the person's decision.

/**
 * @param {object} parts
 * @param {(email: string, fingerprint: string) => Promise<unknown>} parts.accept
 * @param {(email: string) => boolean} parts.wasCompared
 */
export function keysChangedDialog({ accept, wasCompared }) {
  let decided = { email: "", fingerprint: "" };
  const dialog = new AskingDialog("keys-changed", () =>
    accept(decided.email, decided.fingerprint).catch((error) => {
      throw asFailure(error).code === "key_changed" ? { code: "changed_again" } : error;
    }),
  );
  return {
    /** @param {{email: string, name: string, fingerprint: string}} person the decision is about this key, no later one */
    open(person) {
      decided = person;
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, person.name);
      find("#keys-changed-lost", HTMLElement).hidden = !wasCompared(person.email);
      dialog.open();
    },
  };
}

// --- The numbers did not match: asks once, before the first message that is written all the same.

/** @param {{mayWrite: (email: string) => Promise<unknown>}} parts */
export function differDialog({ mayWrite }) {
  let asked = { email: "", send: () => {} };
  const dialog = new AskingDialog("differ", async () => {
    const { email, send } = asked;
    await mayWrite(email);
    return send;
  });
  return {
    /**
     * @param {{email: string, name: string}} person
     * @param {() => void} send what was written
     */
    open({ email, name }, send) {
      asked = { email, send };
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, name);
      dialog.open();
    },
  };
}

// --- One's own account: the name, the password, and the way out.

/**
 * @typedef {object} SettingsParts
 * @property {() => {email: string, displayName: string}} user
 * @property {(name: string) => Promise<unknown>} updateDisplayName
 * @property {(change: {currentPassword: string, newPassword: string}) => Promise<unknown>} changePassword
 * @property {(proof: {password: string}) => Promise<unknown>} deleteAccount
 * @property {() => boolean} tellsRead whether others are shown what was read
 * @property {(tells: boolean) => Promise<unknown>} tellRead
 */

export class Settings {
  /** @param {SettingsParts} parts */
  constructor(parts) {
    this.parts = parts;
    this.dialog = new Dialog("settings");
    this.name = this.form(
      "settings-name",
      "Saved.",
      (values) => parts.updateDisplayName((values.display_name ?? "").trim()),
      {},
    );
    this.password = this.form(
      "settings-password",
      "Your password is changed.",
      (values) => this.changePassword(values),
      {
        current_password: "Enter your current password.",
        new_password: "Enter a new password.",
      },
    );
    this.read = find("#settings-read", HTMLInputElement);
    this.readFailed = find("#settings-read-failed", HTMLElement);
    this.read.addEventListener("change", () => void this.changeRead());
    this.removal = this.form(
      "settings-delete",
      "",
      ({ password = "" }) => this.dialog.hold(() => parts.deleteAccount({ password })),
      { password: "Enter your password." },
    );
  }

  /**
   * @param {string} id
   * @param {string} done
   * @param {import("../forms/form.js").Action} action
   * @param {Record<string, string>} required
   */
  form(id, done, action, required) {
    const node = find(`#${id}`, HTMLFormElement);
    const said = node.querySelector(".form-done");
    let edits = 0;
    node.addEventListener("input", () => {
      edits += 1;
      if (said) setText(said, "");
    });
    /** @type {AskingForm} */
    const form = new AskingForm(
      node,
      async (values) => {
        const before = `${form.opening} ${edits}`;
        await action(values);
        if (said && before === `${form.opening} ${edits}`) setText(said, done);
      },
      required,
      { repeats: id === "settings-name" },
    );
    return form;
  }

  async changeRead() {
    setText(this.readFailed, "");
    await this.parts.tellRead(this.read.checked).catch((error) => setText(this.readFailed, sentence(asFailure(error))));
    this.read.checked = this.parts.tellsRead();
  }

  /** @param {Record<string, string>} values */
  async changePassword({ current_password = "", new_password = "" }) {
    const { opening } = this.password;
    await this.parts.changePassword({ currentPassword: current_password, newPassword: new_password });
    if (opening === this.password.opening) this.password.form.reset();
  }

  open() {
    const { email, displayName } = this.parts.user();
    for (const form of [this.name, this.password, this.removal]) form.reset();
    for (const said of this.dialog.node.querySelectorAll(".form-done")) setText(said, "");
    for (const part of this.dialog.node.querySelectorAll("details")) part.open = false;
    this.read.checked = this.parts.tellsRead();
    setText(this.readFailed, "");
    find("#settings-display_name", HTMLInputElement).value = displayName;
    find("#settings-password [name=username]", HTMLInputElement).value = email;
    this.dialog.open();
  }
}
