/** The person's own account: name, password, what others are told, and deletion. */
import { find, setText } from "../../lib/dom.js";
import { AskingForm } from "../forms/form.js";
import { BlockedPart } from "./blocked-part.js";
import { Dialog } from "./dialog.js";
import { ExportPart } from "./export-part.js";
import { NotificationsPart } from "./notifications-part.js";
import { PicturePart } from "./picture-part.js";
import { ToldPart } from "./told-part.js";

/**
 * @typedef {object} SettingsParts
 * @property {() => {email: string, displayName: string}} user
 * @property {(name: string) => Promise<unknown>} updateDisplayName
 * @property {ConstructorParameters<typeof PicturePart>[0]} changePicture
 * @property {ConstructorParameters<typeof PicturePart>[1]} drawAvatar the person's own
 * @property {(change: {currentPassword: string, newPassword: string}) => Promise<unknown>} changePassword
 * @property {(proof: {password: string}) => Promise<unknown>} deleteAccount
 * @property {() => import("./export-files.js").Parts} exported all that this browser holds, decrypted
 * @property {import("./notifications-part.js").NotificationPreferences & import("./told-part.js").ToldPreferences} preferences
 * @property {() => Promise<import("../../model/screen/strangers.js").Strangers>} strangers
 * @property {import("./notifications-part.js").Pushing} push
 * @property {() => void} onOpen
 */

export class SettingsDialog {
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
    this.picture = new PicturePart(parts.changePicture, parts.drawAvatar);
    this.password = this.form(
      "settings-password",
      "Your password is changed. Other browsers are logged out.",
      (values) => this.changePassword(values),
      {
        current_password: "Enter your current password.",
        new_password: "Enter a new password.",
      },
    );
    for (const part of this.dialog.node.querySelectorAll("details")) {
      part.addEventListener("toggle", () => part.open && part.scrollIntoView({ block: "nearest" }));
    }
    new ExportPart(parts.exported, find("#settings", HTMLElement));
    this.notifications = new NotificationsPart(parts.preferences, parts.push);
    this.blocked = new BlockedPart(parts.strangers);
    this.told = ["readReceipts", "typing"].map((name) => new ToldPart(parts.preferences, /** @type {"typing"} */ (name)));
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
    this.told.forEach((part) => part.draw());
    find("#settings-display_name", HTMLInputElement).value = displayName;
    find("#settings-password [name=username]", HTMLInputElement).value = email;
    void this.picture.draw().catch(() => {});
    this.notifications.draw();
    void this.blocked.draw().catch(() => {});
    this.parts.onOpen();
    this.dialog.open();
  }
}
