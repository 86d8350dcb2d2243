/** The stories of test_stories.py: Alice is in Firefox, Bob in Chromium. Writes the failure of each as JSON. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { startChromium, startFirefox } from "./browsers.mjs";
import { conversation } from "./conversation.mjs";
import { Person } from "./person.mjs";

/** One after the other, with the same people. Carol is in Chromium. */
const stories = {
  async "two people register and write both ways, and a reload shows it all"(alice, bob) {
    await alice.register();
    await bob.register();
    await alice.add(bob);
    await alice.send("Are you there?");
    await bob.openChat(alice);
    await bob.untilSaid("Are you there?");
    await bob.send("I am.");
    await alice.untilSaid("I am.");
    await alice.untilSaid("Are you there?", "Read");
    await bob.untilSaid("I am.", "Read");
    for (const person of [alice, bob]) {
      await person.page.reload();
      await person.untilSaid("Are you there?");
      await person.untilSaid("I am.");
    }
    await bob.send("after the reload");
    await alice.untilSaid("after the reload");
  },

  async "the browser is asked to keep the messages only when the person says so"(alice, bob) {
    await alice.untilShown("#keep-strip");
    assert.equal(await alice.page.evaluate(() => globalThis.requests), 0);
    await alice.press("button", "Ask it to keep them");
    assert.equal(await alice.page.evaluate(() => globalThis.requests), 1);
    await alice.page.reload();
    await alice.untilShown("#keep-strip");
    await alice.press("button", "Not now");
    await alice.page.reload();
    await alice.untilSaid("I am.");
    assert.equal(await alice.page.evaluate(() => globalThis.requests), 0);
    assert.equal(await alice.page.evaluate(() => document.querySelector("#keep-strip").hidden), true);
    assert.equal(await bob.page.evaluate(() => document.querySelector("#keep-strip").hidden), true);
  },

  async "who logs out and in again reads on"(alice, bob) {
    await alice.logOut({ forget: false });
    await bob.send("You are away");
    await alice.logIn();
    await alice.openChat(bob);
    await alice.untilSaid("Are you there?");
    await alice.untilSaid("You are away");
    await alice.send("back again");
    await bob.untilSaid("back again");
  },

  async "a key that was forgotten is replaced, and the other person is asked"(alice, bob) {
    await alice.logOut({ forget: true });
    await alice.logIn();
    await alice.press("button", "Use this browser");
    await alice.until("the dialog to close", () => !document.querySelector("#take-over[open]"));
    await bob.fill("Message", "to your new key");
    await bob.page.keyboard.press("Enter");
    await bob.untilShown("#keys-strip");
    await bob.press("button", "Review");
    await bob.untilShown("#keys-changed[open]");
    await bob.page.locator("#keys-changed [type=submit]:not([name])").click();
    await alice.openChat(bob);
    await alice.untilSaid("to your new key");
    await alice.send("from my new key");
    await bob.untilSaid("from my new key");
  },

  async "a link and a recovery code open the messages of whoever has lost password and browser"(alice, bob) {
    await alice.openChat(bob);
    await alice.send("before the code");
    const code = await alice.keepCode();
    await alice.logOut({ forget: true });
    await alice.resetPassword(resetLink(alice.email));
    await alice.logIn();
    await alice.untilShown("#unlock[open]");
    await alice.fill("Recovery code", code.toLowerCase());
    await alice.press("button", "Unlock");
    await alice.openChat(bob);
    await alice.untilSaid("before the code");
    await alice.send("unlocked");
    await bob.openChat(alice);
    await bob.untilSaid("unlocked");
  },

  "two people use all that a chat offers, and a stranger asks": conversation,
};

/** @returns {string} as an operator makes it */
function resetLink(email) {
  const [program, ...command] = manage;
  return execFileSync(program, [...command, "reset_link", email], { env: serverEnvironment, encoding: "utf8" }).trim();
}

async function newPerson(name, browser, url) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.evaluateOnNewDocument(countRequestsToKeep);
  return new Person(name, page, url);
}

/** Runs in each page: the prompt is never answered. */
function countRequestsToKeep() {
  globalThis.requests = 0;
  if (!navigator.storage) return; // a page of another origin
  navigator.storage.persist = () => {
    globalThis.requests += 1;
    return new Promise(() => {});
  };
}

/** @returns {Promise<string>} the failure, or "" */
async function tell(story, people) {
  try {
    await story(...people);
    return people.flatMap(({ complaints }) => complaints.splice(0)).join("\n");
  } catch (error) {
    return error.stack;
  }
}

const { chromium, environment, firefox, folder, manage, serverEnvironment, url } = JSON.parse(process.argv[2]);
const started = [];
try {
  // With the page's service worker, calls of puppeteer over WebDriver BiDi hang after the next log-in. push.mjs has the worker.
  started.push(await startFirefox(firefox, folder, { "dom.serviceWorkers.enabled": false }));
  started.push(await startChromium(chromium, environment));
  const [firefoxBrowser, chromiumBrowser] = started.map(({ browser }) => browser);
  const people = await Promise.all([
    newPerson("Alice", firefoxBrowser, url), newPerson("Bob", chromiumBrowser, url), newPerson("Carol", chromiumBrowser, url),
  ]);
  const told = {};
  for (const [name, story] of Object.entries(stories)) told[name] = await tell(story, people);
  console.log(JSON.stringify(told));
} finally {
  await Promise.all(started.map(({ stop }) => stop()));
}
process.exit(0);
