/**
 * A dialog of the page. The browser itself keeps the focus in it and gives it back. A panel stands beside the chat, not
 * modal, where the page is wide enough.
 */
import { find } from "../../lib/dom.js";
import { AskingForm } from "../forms/form.js";

/** @typedef {import("../forms/form.js").Action} Action */

const HAS_ROOM_BESIDE = "(width >= 1100px)"; // css/dialogs.css, too

export class Dialog {
  /** @param {string} id */
  constructor(id) {
    this.node = find(`#${id}`, HTMLDialogElement);
    this.room = matchMedia(HAS_ROOM_BESIDE);
    this.isPanel = this.node.classList.contains("panel");
    if (this.isPanel) this.room.addEventListener("change", () => this.moved());
    this.isHeld = false;
    this.closers = /** @type {NodeListOf<HTMLButtonElement>} */ (this.node.querySelectorAll("[data-close]"));
    for (const node of this.closers) node.addEventListener("click", () => this.close());
    this.node.addEventListener("cancel", (event) => this.isHeld && event.preventDefault());
    this.node.addEventListener("close", () => this.closed());
    this.node.addEventListener(
      "mousedown",
      (event) => event.target === this.node && this.isOutside(event) && this.close(),
    );
  }

  get isOpen() {
    return this.node.open;
  }

  open() {
    if (!this.isOpen) this.show();
  }

  show() {
    if (this.isPanel && this.room.matches) this.node.show();
    else this.node.showModal();
  }

  /** Whether there is room beside the chat has changed. */
  moved() {
    if (!this.isOpen) return;
    this.close();
    this.show();
  }

  close() {
    if (!this.isHeld) this.node.close();
  }

  closed() {
    /* Browsers let nobody prevent a second Escape. */
    if (this.isHeld) this.show();
  }

  /**
   * What has begun cannot be called off: nothing closes the dialog unless it fails. The page goes when it is done.
   * @param {() => Promise<unknown>} work
   */
  async hold(work) {
    this.setHeld(true);
    await work().catch((error) => {
      this.setHeld(false);
      throw error;
    });
  }

  /** @param {boolean} isHeld */
  setHeld(isHeld) {
    this.isHeld = isHeld;
    for (const node of this.closers) node.disabled = isHeld;
  }

  /** @param {MouseEvent} event */
  isOutside({ clientX, clientY }) {
    const { left, right, top, bottom } = this.node.getBoundingClientRect();
    return clientX < left || clientX > right || clientY < top || clientY > bottom;
  }
}

/** A dialog that is one form, which closes it when it has worked. What the action returns runs in the same task then. */
export class AskingDialog extends Dialog {
  /**
   * @param {string} id
   * @param {Action} action
   * @param {Record<string, string>} [required]
   */
  constructor(id, action, required) {
    super(id);
    const run = async (/** @type {Record<string, string>} */ values) => {
      const { opening } = this.form;
      const then = await action(values);
      if (opening !== this.form.opening) return;
      this.close();
      if (typeof then === "function") then();
    };
    this.form = new AskingForm(find("form", HTMLFormElement, this.node), run, required);
  }

  /** @override */
  open() {
    this.form.reset();
    super.open();
  }

  /** @override */
  closed() {
    super.closed();
    if (!this.isOpen) this.form.giveUp();
  }
}
