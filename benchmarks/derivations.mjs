/**
 * The cost of receipts and of a flood, in key derivations (PBKDF2, 100,000 iterations each). The first two rows count both
 * browsers, the others the reader's browser.
 *
 *     node benchmarks/derivations.mjs
 *
 * The browsers are the model without pages; the server is the one of the tests (tests/js/world/world.js). It measures no times.
 */
import { CryptoManager } from "../static/js/crypto/crypto.js";

process.env.PATIENCE_MS ??= "60000";
const { pause, until, World } = await import("../tests/js/world/world.js");

const AWAY = 200;
const ROUNDS = 10;
const PACE_MS = 1500;
const FLOOD = 1000;

let derivations = 0;
const { pbkdf2 } = CryptoManager;
CryptoManager.pbkdf2 = (...given) => {
  derivations += 1;
  return pbkdf2(...given);
};

const world = new World();
const [alice, bob] = await world.friends("alice", "bob");
const receipts = () => world.server.messages.filter((message) => message.message_type === "receipt").length;

/** Starts counting, and returns a function that prints the counts. */
function counting() {
  derivations = 0;
  const before = { receipts: receipts(), messages: world.server.texts.length };
  return (what) => {
    const messages = world.server.texts.length - before.messages;
    console.log(`| ${what} | ${messages} | ${receipts() - before.receipts} | ${derivations} |`);
  };
}

async function reads(reader, writer) {
  reader.conversations.open(writer.email);
  await pause(PACE_MS);
  await reader.conversations.markRead(writer.email);
}

console.log("| | messages | receipts | derivations |\n|---|---:|---:|---:|");
const live = counting();
for (let round = 0; round < ROUNDS; round += 1) {
  await alice.send(bob, `message ${round}`);
  await reads(bob, alice);
  await bob.send(alice, `answer ${round}`);
  await reads(alice, bob);
}
await pause(5000);
live(`one message every ${PACE_MS / 1000} s, by turns, each read at once`);

bob.account.close();
await pause(5000);
const away = counting();
for (let count = 0; count < AWAY; count += 1) {
  await alice.send(bob, `while away ${count}`);
}
await until(() => alice.account.unsent() === 0);
const again = await world.newTab(bob);
again.conversations.open(alice.email);
const isDone = () => again.chat(alice)?.unread === AWAY && alice.states(bob).slice(-30).every((state) => state === "delivered");
await until(isDone);
await pause(12_000);
away("written to somebody who was away, then opened");

const mallory = await world.newPerson("mallory");
await mallory.account.contacts.add(again.email);
await mallory.send(again, "the first");
await until(() => again.chat(mallory)?.lastLine === "the first");

/** Different messages of Mallory that cannot be decrypted. */
function flood(what) {
  const print = counting();
  const { id, ...message } = world.server.texts.find(({ sender_email: sender }) => sender === mallory.email);
  for (let count = 0; count < FLOOD; count += 1) {
    world.server.plant(again.email, { ...message, client_id: crypto.randomUUID(), salt: btoa(String(count).padStart(32)) });
  }
  return until(() => again.chat(mallory).unread >= FLOOD).then(() => pause(3000)).then(() => print(what));
}

await flood("a stranger's flood, while the page is open");
let opening = counting();
again.conversations.open(mallory.email);
await until(() => again.items(mallory).length > 30 && again.items(mallory).every((item) => !item.opening));
opening("the stranger's chat is opened after that");
opening = counting();
const reloaded = await world.reload(again);
reloaded.conversations.open(mallory.email);
await until(() => reloaded.items(mallory).length > 30 && reloaded.items(mallory).every((item) => !item.opening));
opening("and after a reload");
world.end();
process.exit();
