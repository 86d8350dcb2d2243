/** One's own account: the name, the password, and the way out. */
import { find, setText } from "../lib/dom.js";
import { Dialog } from "./dialog.js";
import { AskingForm } from "./form.js";

/**
 * @typedef {object} SettingsParts
 * @property {() => {email: string, displayName: string}} user
 * @property {(name: string) => Promise<unknown>} updateDisplayName
 * @property {(change: {currentPassword: string, newPassword: string}) => Promise<unknown>} changePassword
 * @property {(proof: {password: string}) => Promise<unknown>} deleteAccount
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
    this.removal = this.form("settings-delete", "", ({ password = "" }) => parts.deleteAccount({ password }), {
      password: "Enter your password.",
    });
    find("#settings-open", HTMLButtonElement).addEventListener("click", () => this.open());
  }

  /**
   * @param {string} id
   * @param {string} done
   * @param {import("./form.js").Action} action
   * @param {Record<string, string>} required
   */
  form(id, done, action, required) {
    const node = find(`#${id}`, HTMLFormElement);
    const said = node.querySelector(".form-done");
    node.addEventListener("input", () => said && setText(said, ""));
    return new AskingForm(
      node,
      async (values) => {
        await action(values);
        if (said) setText(said, done);
      },
      required,
    );
  }

  /** @param {Record<string, string>} values */
  async changePassword({ current_password = "", new_password = "" }) {
    await this.parts.changePassword({ currentPassword: current_password, newPassword: new_password });
    this.password.form.reset();
  }

  open() {
    const { email, displayName } = this.parts.user();
    for (const form of [this.name, this.password, this.removal]) form.reset();
    for (const said of this.dialog.node.querySelectorAll(".form-done")) setText(said, "");
    for (const part of this.dialog.node.querySelectorAll("details")) part.open = false;
    setText(find("#settings-email", HTMLElement), email);
    find("#settings-display_name", HTMLInputElement).value = displayName;
    find("#settings-password [name=username]", HTMLInputElement).value = email;
    this.dialog.open();
  }
}
