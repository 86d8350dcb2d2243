/**
 * A dialog. The browser keeps the focus in it and returns it. A panel is a dialog that stands beside the chat, not modal,
 * where the page is wide enough.
 */
import { append, find } from "../../lib/dom.js";
import { AskingForm } from "../forms/form.js";

/** @typedef {import("../forms/form.js").Action} Action */

const HAS_ROOM_BESIDE = "(width >= 1100px)"; // css/dialogs.css, too

export class Dialog {
  /**
   * @param {string} id
   * @param {ParentNode} [home] where the dialog is while it is closed, outside the page; default: in the page
   */
  constructor(id, home = document) {
    this.home = home;
    this.node = find(`#${id}`, HTMLDialogElement, home);
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
    if (!this.node.isConnected) append(document.body, this.node);
    if (this.isPanel && this.room.matches) this.node.show();
    else this.node.showModal();
  }

  /** The page has become wide or narrow. */
  moved() {
    if (!this.isOpen) return;
    this.close();
    this.show();
  }

  close() {
    if (!this.isHeld) this.node.close();
  }

  closed() {
    /* Browsers close a dialog at the second Escape, whatever the page prevents. */
    if (this.isHeld) this.show();
    else if (this.home instanceof DocumentFragment && !this.isOpen) this.home.append(this.node);
  }

  /**
   * Keeps the dialog open while an action runs that cannot be undone. The page leaves when it is done.
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

/** A dialog with one form. It closes when the action succeeds, and calls what the action returns in the same task. */
export class AskingDialog extends Dialog {
  /**
   * @param {string} id
   * @param {Action} action
   * @param {Record<string, string>} [required]
   * @param {ParentNode} [home]
   */
  constructor(id, action, required, home) {
    super(id, home);
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
