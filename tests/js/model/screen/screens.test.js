import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IDBDatabase as FDBDatabase } from "fake-indexeddb";
import { inWorld, until } from "../../world/world.js";

describe("a chat that is opened", () => {
  test("is read again if the first read of the database fails", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { transaction } = FDBDatabase.prototype;
    let failed = 0;
    FDBDatabase.prototype.transaction = function (names, mode, options) {
      if (this.name === `vibechat ${alice.email}` && mode !== "readwrite") {
        failed += 1;
        throw new DOMException("cannot be read now", "UnknownError");
      }
      return transaction.call(this, names, mode, options);
    };
    const thread = alice.conversations.open(bob.email);
    await until(() => failed > 0).finally(() => (FDBDatabase.prototype.transaction = transaction));
    assert.equal(thread.loading, true);
    await until(() => !thread.loading);
  }));
});
