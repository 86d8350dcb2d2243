/** The parts "Ways back in" and "Browsers" of the settings. */
import { button, element, fill, find, icon, isolated, setText } from "../../lib/dom.js";
import { browserName } from "../../model/vault/browser-name.js";
import { KeyedList } from "../parts/keyed-list.js";
import { asFailure, sentence } from "../parts/strings.js";
import { browserDates, keptWays, wayDates, wayName, waysWords } from "./vault-words.js";

/** @typedef {import("./vault-words.js").Way} Way */
/** @typedef {import("./vault-words.js").KnownBrowser} KnownBrowser */
/** @typedef {{key: string, drawn: string, node: () => import("../../lib/dom.js").Child[]}} Row */
/**
 * @typedef {object} CardActions
 * @property {() => unknown} keep
 * @property {() => unknown} unlock
 * @property {() => unknown} giveUp
 * @property {() => unknown} addBrowser
 * @property {() => unknown} tryCode
 * @property {() => unknown} renewCode
 * @property {(way: Way, isLast: boolean) => unknown} removeWay
 * @property {(browser: KnownBrowser) => unknown} signOut
 */

const ARCHIVE_FULL = "archive_full";
const LOCKED = "Your earlier messages are locked in this browser.";
const REFUSED =
  "This browser can't trust what the server has of your ways back in. If you have your newest recovery code, unlock with it: " +
  "what the server has is taken then. Or make new ways back from this browser.";

export class WaysCard {
  /** @param {{vault: VaultModel, actions: CardActions}} parts */
  constructor({ vault, actions }) {
    this.vault = vault;
    this.actions = actions;
    this.ways = find("#ways", HTMLElement);
    this.browsers = find("#browsers", HTMLElement);
    this.failed = find("#ways-failed", HTMLElement);
    /** @type {import("../../model/session/passkeys.js").ServerPasskey[]} those that only log in */
    this.passkeys = [];
    this.full = find("#ways-full", HTMLElement);
    setText(this.full, sentence({ code: ARCHIVE_FULL }));
    this.wayList = new KeyedList(find("#ways-list", HTMLElement), ITEMS);
    this.browserList = new KeyedList(find("#browser-list", HTMLElement), ITEMS);
    this.keep = this.press("#ways-keep", () => actions.keep());
    this.unlock = this.press("#ways-unlock", () => actions.unlock());
    this.giveUp = this.press("#ways-give-up", () => actions.giveUp());
    this.add = this.press("#browser-add", () => actions.addBrowser());
    vault.on("changed", () => this.draw());
  }

  /**
   * @param {string} selector
   * @param {() => unknown} action
   */
  press(selector, action) {
    const node = find(selector, HTMLButtonElement);
    node.addEventListener("click", () => void this.attempt(async () => action()));
    return node;
  }

  /** The settings are opened: what the page knows is shown, and the server is asked. */
  opened() {
    this.draw();
    void this.attempt(() => this.vault.load());
    void this.askForPasskeys();
  }

  /** Passkeys that only log in are at the server, and not in the vault. */
  async askForPasskeys() {
    this.passkeys = await this.vault.logInPasskeys().catch(() => this.passkeys);
    this.draw();
  }

  /** @param {() => Promise<unknown>} action */
  async attempt(action) {
    this.failed.hidden = true;
    await action().catch((error) => {
      this.failed.hidden = false;
      setText(this.failed, sentence(asFailure(error)));
    });
  }

  draw() {
    const { state, ways, browsers } = this.vault;
    const kept = keptWays(ways);
    const [isLocked, isRefused] = [state === "locked", state === "refused"];
    this.ways.hidden = this.browsers.hidden = false;
    setText(find("#ways-words", HTMLElement), isRefused ? REFUSED : isLocked ? LOCKED : waysWords(kept.length, browsers.length));
    this.keep.hidden = isLocked || isRefused;
    this.keep.classList.toggle("quiet", kept.length > 0);
    this.unlock.hidden = !isLocked && !isRefused;
    this.giveUp.hidden = !isRefused;
    this.full.hidden = this.vault.problem !== ARCHIVE_FULL;
    this.add.hidden = isLocked || isRefused;
    const others = isLocked || isRefused ? [] : this.passkeys.filter(({ credentialId }) => !kept.some((way) => way.passkeyId === credentialId));
    this.wayList.draw([
      ...(isRefused ? [] : kept).map((way) => this.wayRow(way, kept.length === 1)),
      ...others.map((passkey) => this.wayRow({ ...passkey, kind: "passkey", logsInOnly: true }, false)),
    ]);
    const shown = browsers.length > 0 ? browsers : [thisBrowser()];
    this.browserList.draw(shown.map((browser) => this.browserRow(browser)));
  }

  /**
   * @param {Way} way
   * @param {boolean} isLast
   * @returns {Row}
   */
  wayRow(way, isLast) {
    const dates = wayDates(way, new Date());
    const { tryCode, renewCode, removeWay } = this.actions;
    const actions = () => [
      way.kind === "code" && this.action("Try it", () => tryCode()),
      way.kind === "code" && this.action("Renew", () => renewCode()),
      this.action("Remove", () => removeWay(way, isLast)),
    ];
    const node = () => [icon("key"), what([wayName(way)], dates), element("div", { class: "ways-actions" }, ...actions())];
    return { key: way.id, drawn: `${wayName(way)} ${dates} ${isLast}`, node };
  }

  /**
   * @param {KnownBrowser} browser
   * @returns {Row}
   */
  browserRow(browser) {
    const dates = browserDates(browser, new Date());
    const { signOut } = this.actions;
    const mark = browser.isThis && element("span", { class: "ways-mark" }, "This browser");
    const node = () => [
      icon("browser"),
      what([browser.name, mark], dates),
      !browser.isThis && element("div", { class: "ways-actions" }, this.action("Sign out", () => signOut(browser))),
    ];
    return { key: browser.id, drawn: `${browser.name} ${dates} ${browser.isThis}`, node };
  }

  /**
   * @param {string} label
   * @param {() => unknown} action
   */
  action(label, action) {
    return button(label, () => void this.attempt(async () => action()), { class: "link" });
  }
}

/** @returns {KnownBrowser} the only one that is known before there is a list */
function thisBrowser() {
  return { id: "this", name: browserName(), addedAt: null, lastSeenAt: null, isThis: true };
}

/**
 * @param {[string, (HTMLElement | false)?]} title
 * @param {string} dates
 */
function what([name, mark = false], dates) {
  const title = element("p", { class: "ways-name" }, isolated(name), mark && " ", mark);
  return element("div", { class: "ways-what" }, title, element("p", { class: "hint" }, dates));
}

/** @type {import("../parts/keyed-list.js").Drawing<Row>} */
const ITEMS = {
  create: (row) => element("li", { class: "ways-item" }, ...row.node()),
  update: (node, row, before) => {
    if (row.drawn !== before.drawn) fill(node, ...row.node());
  },
};
