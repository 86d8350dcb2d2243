/** The person's own picture in Settings. */
import { find, setText } from "../../lib/dom.js";
import { asFailure, sentence } from "../parts/strings.js";
import { squarePicture } from "./square-picture.js";

/** @typedef {import("../../lib/small-picture.js").SmallPicture} SmallPicture */

const NO_PICTURE = "This can't be used as a picture. Choose a JPEG, PNG or WebP file.";

export class PicturePart {
  #change;
  #draw;
  #input = find("#settings-picture", HTMLInputElement);
  #remove = find("#settings-picture-remove", HTMLButtonElement);
  #said = find("#settings-picture-said", HTMLElement);
  #failed = find("#settings-picture-failed", HTMLElement);

  /**
   * @param {(picture: SmallPicture | null) => Promise<void>} change
   * @param {(node: Element) => Promise<boolean>} draw the person's avatar there; whether it has a picture
   */
  constructor(change, draw) {
    this.#change = change;
    this.#draw = draw;
    find("#settings-picture-choose", HTMLButtonElement).addEventListener("click", () => this.#input.click());
    this.#input.addEventListener("change", () => void this.#chosen());
    this.#remove.addEventListener("click", () => {
      find("#settings-picture-choose", HTMLButtonElement).focus();
      void this.#save(null, "Your picture is removed.");
    });
  }

  async draw() {
    this.#tell("", "");
    await this.#show();
  }

  async #show() {
    const hasPicture = await this.#draw(find("#settings-avatar", HTMLElement));
    this.#remove.hidden = !hasPicture;
  }

  async #chosen() {
    const [file] = this.#input.files ?? [];
    if (!file) return;
    const picture = await squarePicture(file).catch(() => null);
    this.#input.value = "";
    if (picture) await this.#save(picture, "Your picture is saved.");
    else this.#tell("", NO_PICTURE);
  }

  /** @param {SmallPicture | null} picture @param {string} done */
  async #save(picture, done) {
    this.#tell("", "");
    const failure = await this.#change(picture).then(() => null, asFailure);
    await this.#show();
    this.#tell(failure ? "" : done, failure ? sentence(failure) : "");
  }

  /** @param {string} said @param {string} failed */
  #tell(said, failed) {
    setText(this.#said, said);
    setText(this.#failed, failed);
  }
}
