/**
 * What receipts cost: key derivations (PBKDF2, 100,000 iterations each) in two browsers together.
 *
 *     node benchmarks/derivations.mjs
 *
 * The browsers are the model without pages, the server is the tests' (tests/js/model-world.js): counts, and no times.
 */
import { CryptoManager } from "../static/js/crypto/crypto.js";

process.env.PATIENCE_MS ??= "60000";
const { pause, until, World } = await import("../tests/js/model-world.js");

const AWAY = 200;
const ROUNDS = 10;
const PACE_MS = 1500;

let derivations = 0;
const { pbkdf2 } = CryptoManager;
CryptoManager.pbkdf2 = (...given) => {
  derivations += 1;
  return pbkdf2(...given);
};

const world = new World();
const [alice, bob] = await world.friends("alice", "bob");
const receipts = () => world.server.messages.filter((message) => message.message_type === "receipt").length;

/** Starts to count, and gives what prints. */
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
world.end();
process.exit();
