/** A person with a browser. Finds elements by role and accessible name, as tools/browser/person.py does. */
import { randomBytes } from "node:crypto";

// A query by role takes Firefox some seconds on a busy machine.
const PATIENCE_MS = 60_000;

export class Person {
  constructor(name, page, url) {
    this.name = name;
    this.email = `${name.toLowerCase()}-${randomBytes(4).toString("hex")}@example.org`;
    this.password = `correct horse ${randomBytes(6).toString("hex")}`;
    this.page = page;
    this.url = url;
    this.complaints = [];
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  // --- elements of the page

  /** Searches in the open dialog, if there is one. */
  find(role, name) {
    const scope = `:is(dialog[open], body:not(:has(dialog[open])))`;
    return this.page.locator(`${scope} >>> ::-p-aria([name="${name}"][role="${role}"])`);
  }

  press(role, name) {
    return this.find(role, name).click();
  }

  fill(name, text, role = "textbox") {
    return this.find(role, name).fill(text);
  }

  /** Waits until the function returns a truthy value in the page. */
  async until(what, test, ...values) {
    await this.page.waitForFunction(test, { timeout: PATIENCE_MS, polling: 100 }, ...values).catch(async (error) => {
      const shown = await this.page.evaluate(() => document.body.innerText).catch(() => "");
      throw new Error(`${this.name} waited in vain for ${what}: ${error.message}\n${shown}`);
    });
  }

  untilShown(selector) {
    return this.until(selector, (wanted) => document.querySelector(wanted)?.getClientRects().length > 0, selector);
  }

  // --- account

  async register() {
    await this.page.goto(`${this.url}/register`);
    await this.fill("Display name", this.name);
    await this.sendCredentials("Create account");
  }

  async logIn() {
    await this.page.goto(`${this.url}/login`);
    await this.sendCredentials("Log in");
  }

  async sendCredentials(button) {
    await this.fill("Email", this.email);
    await this.page.locator("#password").fill(this.password);
    await this.press("button", button);
    await this.untilAt("/chat");
    await this.untilShown("#add-contact-open");
  }

  async logOut({ forget }) {
    await this.press("button", "Log out");
    if (forget) await this.press("checkbox", "Forget my key and messages on this browser");
    await this.press("button", "Log out");
    await this.untilAt("/login");
  }

  /** @param {string} link */
  async resetPassword(link) {
    await this.page.goto(link);
    this.password = `another correct horse ${randomBytes(6).toString("hex")}`;
    await this.untilShown("#password");
    await this.page.locator("#password").fill(this.password);
    await this.press("button", "Set password");
    await this.untilShown("#done");
  }

  async untilAt(place) {
    await this.until(place, (wanted) => location.pathname === wanted, place);
  }

  // --- ways back in

  /** @returns {Promise<string>} the recovery code */
  async keepCode() {
    await this.press("button", "Settings");
    await this.press("button", "Keep a way back");
    await this.press("button", "Recovery code");
    await this.untilShown("#code-text");
    const code = await this.page.$eval("#code-text", (node) => node.textContent);
    await this.press("button", "Continue");
    await this.untilShown("#code-asked");
    for (const label of await this.page.$$eval("#code-asked label", (labels) => labels.map((node) => node.textContent))) {
      await this.fill(label, code.split("-")[Number(label.at(-1)) - 1]);
    }
    await this.press("button", "Done");
    await this.until("the kept code", () => document.querySelectorAll("#ways-list li").length === 1);
    await this.press("button", "Close");
    return code;
  }

  // --- chats

  async add(other) {
    await this.press("button", "Add contact");
    await this.fill("Email", other.email);
    await this.press("button", "Add");
    await this.untilShown("#composer-text");
  }

  async openChat(other) {
    const isThere = (name, email) => {
      const request = [...document.querySelectorAll("nav[aria-label='Requests'] li")].find(({ textContent }) => textContent.includes(email));
      const accept = [...(request?.querySelectorAll("button") ?? [])].find(({ textContent }) => textContent === "Accept");
      if (accept) accept.click();
      const links = [...document.querySelectorAll("nav[aria-label='Chats'] a")];
      const link = links.find(({ textContent }) => textContent.includes(name));
      link?.click();
      return link !== undefined;
    };
    await this.until(`the chat with ${other.name}`, isThere, other.name, other.email);
    await this.untilShown("#composer-text");
  }

  /** Chooses in the menu of a message. */
  async choose(text, ...choices) {
    const article = await this.page.waitForFunction((wanted) => {
      const texts = [...document.querySelectorAll("[role=log] .message-text")];
      return texts.find(({ textContent }) => textContent === wanted)?.closest("article");
    }, {}, text);
    await article.hover();
    await (await article.$(".message-options")).click();
    for (const choice of choices) await this.pressItem(choice);
  }

  /** Chooses in the menu of a chat. By keyboard: this Firefox has no pointer that hovers. */
  async chooseForChat(other, choice) {
    await this.page.focus(`.chat-row[data-email="${other.email}"] .chat-options`);
    await this.page.keyboard.press("Enter");
    await this.pressItem(choice);
  }

  /** Presses in the open menu. */
  async pressItem(choice) {
    const item = await this.page.waitForFunction((wanted) => {
      const items = [...document.querySelectorAll("[role=menu]:popover-open [role=menuitem]")];
      return items.find(({ textContent }) => textContent === wanted);
    }, {}, choice);
    await item.click();
  }

  /** @param {RegExp} state of one's own message */
  async send(text, state = /Sent|Delivered|Read/u) {
    await this.fill("Message", text);
    await this.page.keyboard.press("Enter");
    await this.untilSaid(text, state.source);
  }

  /** Waits until one article of the log has this text and one of these words. */
  untilSaid(text, words = "") {
    return this.until(`"${text}" ${words}`, (wanted, said) => {
      const articles = [...document.querySelectorAll("[role=log] [role=article]")];
      const found = articles
        .map((article) => `${article.getAttribute("aria-label") ?? ""} ${article.textContent}`)
        .filter((shown) => shown.includes(wanted));
      return found.length === 1 && new RegExp(said, "u").test(found[0]);
    }, text, words);
  }
}
