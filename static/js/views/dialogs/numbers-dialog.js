/** Compares safety numbers, by reading them aloud or by scanning a QR code. */
import { element, fill, find, setText } from "../../lib/dom.js";
import { named } from "../parts/named.js";
import { asFailure, sentence } from "../parts/strings.js";
import { groupsOf, RESULTS } from "./comparison.js";
import { Dialog } from "./dialog.js";
import { Camera, drawCode, qrReader, readPicture } from "./qr.js";

/** @typedef {{digits: string, code: string}} Numbers */
/** @typedef {"match" | "mismatch" | "foreign"} Verdict */
/** @typedef {{email: string, name: string}} Person */
/**
 * @typedef {object} Safety
 * @property {(email: string) => Promise<Numbers | null>} numbers
 * @property {(email: string, text: string) => Promise<Verdict>} read
 * @property {(email: string) => Promise<unknown>} markChecked
 * @property {(email: string) => Promise<unknown>} markDiffered
 */

export class NumbersDialog extends Dialog {
  /** @param {{safety: Safety, beneath: HTMLElement}} parts beneath: the panel that this one covers */
  constructor({ safety, beneath }) {
    super("numbers");
    this.beneath = beneath;
    this.safety = safety;
    this.person = { email: "", name: "" };
    this.said = find("#numbers-said", HTMLElement);
    this.body = find("#numbers-body", HTMLElement);
    this.none = find("#numbers-none", HTMLElement);
    this.code = find("#numbers-code", HTMLCanvasElement);
    this.reading = find("#numbers-reading", HTMLElement);
    this.picture = find("#numbers-picture", HTMLInputElement);
    this.camera = new Camera(find("#numbers-video", HTMLVideoElement), (text) => this.attempt(() => this.read(text)));
    this.listen();
  }

  listen() {
    this.node.addEventListener("close", () => this.camera.stop());
    this.picture.addEventListener("change", () => void this.attempt(() => this.readPicture()));
    /** @type {[string, () => Promise<unknown>][]} */
    const actions = [
      ["match", () => this.conclude("match")],
      ["differ", () => this.conclude("mismatch")],
      ["scan", () => this.scan()],
    ];
    for (const [name, action] of actions) {
      find(`#numbers-${name}`, HTMLButtonElement).addEventListener("click", () => void this.attempt(action));
    }
    find("#numbers-file", HTMLButtonElement).addEventListener("click", () => this.picture.click());
  }

  /** @param {Person} person whose numbers are compared with one's own */
  async openFor(person) {
    this.person = person;
    for (const node of this.node.querySelectorAll("[data-name]")) setText(node, person.name);
    this.say("");
    const numbers = await this.safety.numbers(person.email);
    if (person !== this.person) return;
    this.draw(numbers);
    this.open();
  }

  /** @override */
  show() {
    super.show();
    this.beneath.inert = !this.node.matches(":modal");
  }

  /** @override the focus goes back to what is beneath */
  close() {
    this.beneath.inert = false;
    super.close();
  }

  /** The chat was left: a comparison that is still loading does not open. */
  leave() {
    this.person = { email: "", name: "" };
    this.close();
  }

  /** @param {Numbers | null} numbers */
  draw(numbers) {
    this.body.hidden = numbers === null;
    this.none.hidden = numbers !== null;
    if (numbers === null) return;
    fill(find("#numbers-groups", HTMLElement), ...groupsOf(numbers.digits).map(groupNode));
    void this.offerCode(numbers.code);
  }

  /**
   * The numbers are shown before the QR code is drawn.
   * @param {string} text
   */
  async offerCode(text) {
    const { person } = this;
    this.code.width = this.code.height = 1;
    this.code.hidden = false;
    this.reading.hidden = false;
    const [isDrawn, canRead] = await Promise.all([
      drawCode(this.code, text, () => person === this.person),
      qrReader().then(() => true, () => false),
    ]);
    if (person !== this.person) return;
    this.code.hidden = !isDrawn;
    this.reading.hidden = !canRead;
  }

  /**
   * @param {() => Promise<unknown>} action
   * @returns {Promise<boolean>} whether it came to a conclusion
   */
  async attempt(action) {
    try {
      return (await action()) === true;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code !== "key_changed") this.say(sentence(failure), "bad");
      else this.say(RESULTS.changed, "bad");
      return true;
    }
  }

  /** @param {Verdict} verdict of the person, or of a code */
  async conclude(verdict) {
    if (verdict === "match") await this.safety.markChecked(this.person.email);
    if (verdict === "mismatch") await this.safety.markDiffered(this.person.email);
    this.camera.stop();
    this.say(RESULTS[verdict], verdict === "match" ? "good" : "bad");
    return true;
  }

  /** @param {string} text of a code */
  async read(text) {
    const verdict = await this.safety.read(this.person.email, text);
    if (verdict !== "foreign") return this.conclude(verdict);
    this.say(RESULTS.foreign, "bad");
    return false;
  }

  async scan() {
    this.say(RESULTS.scanning);
    if (!(await this.camera.start())) this.say(RESULTS["no-camera"], "bad");
  }

  async readPicture() {
    const [file] = this.picture.files ?? [];
    this.picture.value = "";
    if (!file) return;
    const text = await readPicture(file);
    if (text === null) this.say(RESULTS["no-code"], "bad");
    else await this.read(text);
  }

  /**
   * @param {string} words
   * @param {"" | "good" | "bad"} [kind]
   */
  say(words, kind = "") {
    this.said.className = `numbers-said ${kind}`;
    fill(this.said, ...(words === "" ? [] : named(words, this.person.name)));
    if (words !== "") this.said.scrollIntoView({ block: "nearest" });
  }
}

/** @param {string} group who listens hears each digit */
function groupNode(group) {
  return element(
    "li",
    {},
    element("span", { "aria-hidden": "true" }, group),
    element("span", { class: "visually-hidden" }, [...group].join(" ")),
  );
}
