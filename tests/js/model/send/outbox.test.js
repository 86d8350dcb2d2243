import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inWorld } from "../../world/world.js";
import { Chains } from "../../../../static/js/model/history/chains.js";
import { Outbox } from "../../../../static/js/model/send/outbox.js";
import { StorageCipher } from "../../../../static/js/model/keys/storage-cipher.js";
import { Database } from "../../../../static/js/storage/database.js";

const PEER = "bob@example.org";
const ID = (/** @type {number} */ number) => `00000000-0000-4000-8000-00000000000${number}`;

/** Two tabs with one database, and without a send queue. */
async function twoTabs(world) {
  const alice = await world.newPerson("alice");
  alice.account.close();
  alice.browser.use();
  const tabs = [];
  for (let count = 0; count < 2; count += 1) {
    const database = await Database.open("tabs@example.org");
    const cipher = await StorageCipher.of(database);
    const chains = new Chains({ database, cipher });
    tabs.push({ database, chains, outbox: new Outbox({ database, cipher, chains, ownEmail: alice.email }) });
  }
  return tabs;
}

const message = (number) => ({ clientId: ID(number), peer: PEER, type: "text", body: `text ${number}`, atMs: number });

describe("the outbox of two tabs", () => {
  test("does not take back what the other tab is sending again", inWorld(async (world) => {
    const [one, two] = await twoTabs(world);
    await one.outbox.add(message(1));
    await one.outbox.fail(ID(1), "invalid");
    const { open } = StorageCipher.prototype;
    // "Retry" is pressed in the other tab while this tab decrypts the record.
    StorageCipher.prototype.open = async function (...args) {
      StorageCipher.prototype.open = open;
      await two.outbox.retry(ID(1));
      return open.apply(this, args);
    };
    await one.outbox.remove(ID(1));
    assert.equal((await two.outbox.next(PEER))?.clientId, ID(1));
    assert.equal((await two.chains.own(PEER)).counter, 1);
  }));

  test("names the right previous message if the last counter was returned and used again meanwhile", inWorld(async (world) => {
    const [one, two] = await twoTabs(world);
    await one.outbox.add(message(1));
    await one.outbox.fail(ID(1), "invalid");
    const { received } = one.chains;
    // Between reading the chain's end and writing.
    one.chains.received = async (peer) => {
      one.chains.received = received;
      await two.outbox.remove(ID(1));
      await two.outbox.add(message(2));
      return received.call(one.chains, peer);
    };
    const { hash: gone } = await one.chains.own(PEER);
    await one.outbox.add(message(3));
    const rows = await one.database.read(["outbox"], async (stores) => new Promise((resolve) => {
      const request = stores("outbox").getAll();
      request.onsuccess = () => resolve(request.result);
    }));
    const { clientId, counter, sealed } = rows.find((row) => row.clientId === ID(3));
    assert.deepEqual([clientId, counter], [ID(3), 2]);
    const cipher = await StorageCipher.of(one.database);
    const { previous } = await cipher.open(`message ${PEER} to ${clientId} `, sealed);
    assert.notEqual(previous, gone);
  }));
});

test("a database that the browser closes emits closed", () => {
  const connection = /** @type {any} */ ({ close() {} });
  const database = new Database(connection);
  let closings = 0;
  database.on("closed", () => (closings += 1));
  connection.onclose();
  connection.onversionchange();
  assert.equal(closings, 2);
});
