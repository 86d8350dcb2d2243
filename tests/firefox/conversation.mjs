/** The story of what two people do in a chat besides writing: Alice is in Firefox. */
import assert from "node:assert/strict";

const DELETED = "This message was deleted.";

/** Stands for a microphone. */
function playTone() {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const [tone, out] = [context.createOscillator(), context.createMediaStreamDestination()];
    tone.connect(out);
    tone.start();
    return out.stream;
  };
}

/** Chooses a text file, and a picture of one colour, as from the disk. */
async function chooseFiles() {
  const canvas = new OffscreenCanvas(600, 400);
  canvas.getContext("2d").fillRect(0, 0, 600, 400);
  const picture = await canvas.convertToBlob({ type: "image/jpeg" });
  const chosen = new DataTransfer();
  chosen.items.add(new File(["a few words"], "notes.txt", { type: "text/plain" }));
  chosen.items.add(new File([picture], "night.jpg", { type: "image/jpeg" }));
  const input = document.querySelector("input[aria-label=Files]");
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Waits for these words in a part of the message with this text. */
function untilInMessage(person, text, selector, words) {
  return person.until(`${words} in "${text}"`, (wanted, part, said) => {
    const texts = [...document.querySelectorAll("[role=log] .message-text")].filter(({ textContent }) => textContent.includes(wanted));
    return texts.length === 1 && [...texts[0].closest("article").querySelectorAll(part)].some((one) => one.textContent.includes(said));
  }, text, selector, words);
}

/* By attributes: a query by role takes Firefox seconds in a page of this size. */
const named = (person, name) => person.page.locator(`[aria-label="${name}"]`);

async function say(person, text) {
  await named(person, "Message").fill(text);
  await person.page.keyboard.press("Enter");
  await person.untilSaid(text, "Sent|Delivered|Read");
}

async function actOn(alice, bob) {
  await say(bob, "Shall we meet at nine?");
  await alice.untilSaid("Shall we meet at nine?");
  await alice.choose("Shall we meet at nine?", "Reply");
  await say(alice, "With *pleasure*");
  await untilInMessage(bob, "With *pleasure*", ".message-quote", "Shall we meet at nine?");
  await alice.choose("Shall we meet at nine?", "React", "👍");
  await untilInMessage(bob, "Shall we meet at nine?", ".reaction", "👍 1");
  await named(alice, "Message").click();
  await alice.page.keyboard.press("ArrowUp");
  await alice.until("the text to edit", () => document.querySelector("#composer-text").value === "With *pleasure*");
  await named(alice, "Message").fill("At ten");
  await alice.page.keyboard.press("Enter");
  await bob.untilSaid("At ten", "edited");
  await say(alice, "a slip");
  await bob.untilSaid("a slip");
  await alice.choose("a slip", "Delete for everyone");
  await bob.untilSaid(DELETED);
  await alice.untilSaid(DELETED);
}

async function sendFiles(alice, bob) {
  await alice.page.evaluate(chooseFiles);
  await alice.untilShown("li.tray-file:nth-child(2)");
  await named(alice, "Send").click();
  await untilInMessage(bob, "night.jpg", ".file-name", "notes.txt");
  for (const person of [alice, bob]) {
    await person.until("the picture", () => document.querySelector("img[alt='night.jpg']")?.naturalWidth > 300);
  }
  await alice.page.evaluate(playTone);
  await named(alice, "Record a voice message").click();
  await alice.until("a second", () => document.querySelector("[role=timer]")?.textContent === "0:01");
  await named(alice, "Send voice message").click();
  await bob.untilShown("[aria-label='Play voice message']");
  await named(alice, "Play voice message").click();
  await alice.until("its end", () => /0:0[12]/u.test(document.querySelector(".voice-time").textContent));
}

async function arrange(alice, bob) {
  await named(alice, "Search").fill("nine");
  await alice.untilShown("#found-rows a");
  await alice.page.locator("#found-rows a").click();
  await alice.until("the found message", () => document.activeElement?.textContent.includes("Shall we meet at nine?"));
  await named(alice, "Search").click();
  await alice.page.keyboard.press("Escape");
  await alice.chooseForChat(bob, "Pin");
  await alice.chooseForChat(bob, "Nickname");
  await alice.page.locator("dialog[open] input").fill("Bobby");
  await alice.page.keyboard.press("Enter");
  await alice.until("the nickname", () => document.querySelector("#thread-name").textContent === "Bobby");
  await named(alice, "Chat details").click();
  await alice.until("the timer", () => document.querySelector("#details-timer").options.length > 1);
  await alice.page.select("#details-timer", "3600");
  await bob.until("the timer", () => document.querySelector(".timer-line")?.textContent.includes("disappear 1 hour after"));
  await alice.page.select("#details-timer", "0");
  await bob.until("no timer", () => document.querySelectorAll(".timer-line").length === 2);
  await alice.page.locator("#details [data-close]").click();
  await alice.chooseForChat(bob, "Nickname");
  await alice.page.locator("dialog[open] input").fill("");
  await alice.page.keyboard.press("Enter");
  await alice.until("the own name", () => document.querySelector("#thread-name").textContent === "Bob");
}

async function takeRequest(alice, carol) {
  await carol.register();
  await carol.add(alice);
  await carol.send("You don't know me");
  await alice.untilShown(".request");
  assert.equal(await alice.page.evaluate(() => document.body.textContent.includes("You don't know me")), false);
  await alice.page.locator(".request button").click();
  await alice.untilSaid("You don't know me");
  await alice.openChat(carol);
  await say(alice, "Now I do");
  await carol.untilSaid("Now I do");
}

async function report(alice) {
  await named(alice, "Chat details").click();
  await alice.page.locator("#details-report").click();
  await alice.untilShown("#report[open]");
  await alice.page.locator("#report textarea").fill("I don't know her");
  await alice.page.locator("#report [type=submit]").click();
  await alice.until("the dialog to close", () => !document.querySelector("#report[open]"));
  await alice.until("the block", () => document.querySelector(".standing")?.textContent.includes("You blocked Carol."));
}

export async function conversation(alice, bob, carol) {
  await actOn(alice, bob);
  await sendFiles(alice, bob);
  await arrange(alice, bob);
  await takeRequest(alice, carol);
  await report(alice);
  await alice.openChat(bob);
}
