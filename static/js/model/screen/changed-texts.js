/** The texts of messages after their edits and deletions, for whoever reads more than the open chat. */
import { textOf } from "../../types/content-types.js";
import { stateOf } from "../../types/message-states.js";

/** @import { Told } from "../../types/message-states.js" */

export class ChangedTexts {
  /** @type {Map<string, Told[]>} by the hash of the message that they change */
  #changes = new Map();

  /**
   * @param {StoredContent} content
   * @param {boolean} mine
   * @returns {string | null} the hash of the message that it changes; null: it changes none
   */
  note(content, mine) {
    const { replaces = null } = content;
    if (replaces !== null) {
      this.#changes.set(replaces, [...(this.#changes.get(replaces) ?? []), { ...content, mine }]);
    }
    return replaces;
  }

  /**
   * @param {StoredContent} content
   * @param {boolean} mine
   * @returns {string | null} null: it was deleted, or has no text
   */
  textOf(content, mine) {
    const changes = this.#changes.get(content.hash);
    if (!changes) {
      return textOf(content);
    }
    const { isDeleted, versions } = stateOf({ ...content, mine }, changes, []);
    return isDeleted ? null : textOf({ ...content, body: versions.at(-1)?.body ?? content.body });
  }
}
