/** The strip about the vault: it, or what stands beside it, was refused, it is locked here, or another browser was added. */
import { button, fill, find, isolated } from "../../lib/dom.js";
import { sentence } from "../parts/strings.js";

/** @typedef {{isAnew: () => boolean, onUnlock: () => void, onSettings: () => void}} Actions isAnew: has started without old messages */

export class VaultStrip {
  /** @param {{vault: VaultModel} & Actions} parts */
  constructor({ vault, isAnew, onUnlock, onSettings }) {
    this.vault = vault;
    this.actions = { isAnew, onUnlock, onSettings };
    this.node = find("#vault-strip", HTMLElement);
    this.drawn = "";
  }

  draw() {
    const { state, news } = this.vault;
    const problem = this.problem();
    const [first] = news;
    const drawn = `${state} ${problem} ${first?.id} ${this.actions.isAnew()}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const words = this.words();
    this.node.hidden = words.length === 0;
    this.node.classList.toggle("warn", problem !== null);
    fill(this.node, ...words);
  }

  /** A full archive is said in the settings: it can last, and the chat goes on. */
  problem() {
    const { problem } = this.vault;
    return problem === "archive_full" ? null : problem;
  }

  /** @returns {import("../../lib/dom.js").Child[]} */
  words() {
    const { state, news } = this.vault;
    const problem = this.problem();
    const [first] = news;
    if (state === "refused") return [sentence({ code: problem ?? "" }), " ", button("What can I do?", this.actions.onSettings)];
    if (problem !== null) return [sentence({ code: problem })];
    if (state === "locked" && !this.actions.isAnew()) return ["Your messages are locked in this browser. ", button("Unlock", this.actions.onUnlock)];
    if (!first) return [];
    const look = button("Look at your browsers", this.actions.onSettings);
    const dismiss = button("OK", () => void this.vault.dismissNews(first.id).catch(() => {}));
    return [isolated(first.name), " was added to your account. If that wasn't you, sign it out. ", look, " ", dismiss];
  }
}
