/** The story of test_push.py: Alice is told of a message while she has VibeChat closed. Writes the failure as JSON. */
import assert from "node:assert/strict";
import { startFirefox } from "./browsers.mjs";
import { Person } from "./person.mjs";

const { firefox, folder, url, pushUrl } = JSON.parse(process.argv[2]);
const PREFERENCES = {
  "dom.push.serverURL": pushUrl,
  "dom.push.testing.allowInsecureServerURL": true,
  "permissions.default.desktop-notification": 1,
  "alerts.useSystemBackend": false, // else it needs a desktop
};

async function newPerson(name, browser) {
  const context = await browser.createBrowserContext();
  return new Person(name, await context.newPage(), url);
}

/** Waits on a page of this server that does not run the chat, so that nobody has VibeChat open. */
async function untilTold(person, title, body) {
  await person.page.goto(`${url}/forgot`);
  await person.until(`the notification "${title}: ${body}"`, async (wantedTitle, wantedBody) => {
    const registration = await navigator.serviceWorker.getRegistration();
    const shown = (await registration?.getNotifications()) ?? [];
    return shown.some((one) => one.title === wantedTitle && one.body === wantedBody);
  }, title, body);
}

const isSubscribed = (person) =>
  person.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return Boolean(await registration?.pushManager.getSubscription());
  });

/** Brings a control out from behind the bar of the dialog's buttons, where a click would not reach it. */
const scrollTo = (person, selector) => person.page.$eval(selector, (node) => node.scrollIntoView({ block: "center" }));

/** A failure says after what it came. */
let last = "the start";

/** @param {string} name */
function reached(name) {
  last = name;
}

async function tell(alice, bob) {
  await alice.register();
  await bob.register();
  await alice.add(bob);
  await alice.send("Are you there?");
  await bob.openChat(alice);
  await bob.untilSaid("Are you there?");

  reached("the first message");
  await alice.page.bringToFront(); // a page in the background draws nothing
  await alice.press("button", "Settings");
  await scrollTo(alice, "#settings-notify");
  await alice.page.locator("#settings-notify").fill("name");
  await alice.untilShown("#settings-closed-part");
  reached("the choice of notifications");
  await alice.until("the choice", () => !document.querySelector("#settings-closed").disabled);
  await scrollTo(alice, "#settings-closed");
  await alice.press("checkbox", "Also while VibeChat is closed");
  await alice.untilShown("#settings-closed-test");
  assert.equal(await isSubscribed(alice), true);

  reached("the subscription");
  await scrollTo(alice, "#settings-closed-test");
  await alice.press("button", "Send a test");
  await alice.until("the test to be sent", () => document.querySelector("#settings-closed-said").textContent.startsWith("Sent."));
  await untilTold(alice, "VibeChat", "This is a test. Notifications reach this browser.");

  reached("the test");
  await bob.send("while you have it closed");
  await untilTold(alice, "Bob", "New message");

  await alice.page.goto(`${url}/chat`);
  await alice.openChat(bob);
  await alice.untilSaid("while you have it closed");
  await alice.logOut({ forget: false });
  assert.equal(await isSubscribed(alice), false);
  return [...alice.complaints, ...bob.complaints].join("\n");
}

/** @returns {Promise<string>} the failure, or "" */
async function failureOf(browser) {
  try {
    const [alice, bob] = await Promise.all(["Alice", "Bob"].map((name) => newPerson(name, browser)));
    return await tell(alice, bob);
  } catch (error) {
    return `after ${last}: ${error.stack}`;
  }
}

const { browser, stop } = await startFirefox(firefox, folder, PREFERENCES);
const failure = await failureOf(browser);
stop();
console.log(JSON.stringify({ failure }));
process.exit(0);
