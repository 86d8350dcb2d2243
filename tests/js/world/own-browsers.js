/** One person with several browsers: the steps that several test files share. */
import { StorageCipher } from "../../../static/js/model/keys/storage-cipher.js";
import { Streams } from "../../../static/js/model/vault/streams.js";
import { VaultPins } from "../../../static/js/model/vault/vault-pin.js";
import { Database } from "../../../static/js/storage/database.js";
import { Browser, until } from "./world.js";

/** Two friends who have written to each other. */
export async function talk(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  await alice.send(bob, "one");
  await bob.shows(alice, "one");
  await bob.send(alice, "two");
  await alice.shows(bob, "one", "two");
  return [alice, bob];
}

/** Makes a recovery code the way back. */
export async function keepCode({ account }) {
  const draft = await account.vault.draftCode();
  await account.vault.keepCode(draft);
  return draft.code;
}

/** The same person, logged in in a browser that holds nothing of the account. */
export async function lockedBrowser(world, person) {
  const fresh = await world.logIn(person, new Browser());
  await until(() => fresh.account.vault.state !== "unknown");
  return fresh;
}

/** The same person in another browser that was unlocked by the code. */
export async function secondBrowser(world, person, code) {
  const fresh = await lockedBrowser(world, person);
  await fresh.account.vault.unlockByCode(code);
  return fresh;
}

/** Alice in two browsers, and Bob. */
export async function twoAndBob(world) {
  const [alice, bob] = await talk(world);
  const code = await keepCode(alice);
  const second = await secondBrowser(world, alice, code);
  await until(() => alice.account.vault.browsers.length === 2);
  return { alice, second, bob, code };
}

/** The same, and the second browser shows what was written before. */
export async function twoWithHistory(world) {
  const people = await twoAndBob(world);
  await people.second.shows(people.bob, "one", "two");
  return people;
}

export const idOf = ({ account }) => account.vault.browsers.find(({ isThis }) => isThis).id;

/** The streams of a person's browser, as another tab of it has them. */
export async function streamsOf(world, { account, browser, email, session }) {
  browser.use();
  const database = await Database.open(email);
  world.atEnd(() => database.close());
  const cipher = await StorageCipher.of(database);
  const parts = { api: session.api, cipher, database, locks: browser.locks, user: session.user };
  return new Streams({ parts, pins: new VaultPins({ cipher, database }), refresh: () => account.vault.load() });
}

/** What a browser has told of the chat with the other person. */
export async function told(world, person, other) {
  const streams = await streamsOf(world, person);
  await streams.look();
  const [segment] = await streams.read({ browser: idOf(person), kind: "states" });
  return segment?.content.chats[other.email];
}
