import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CryptoManager } from "../../static/js/crypto/crypto.js";
import { KeyChangedError } from "../../static/js/crypto/errors.js";
import { toBase64 } from "../../static/js/lib/bytes.js";
import { PeerKeys } from "../../static/js/model/peer-keys.js";

const BOB = "bob@example.org";
const CAROL = "carol@example.org";

/** People without a database. */
class Rows {
  rows = new Map();
  all = () => [...this.rows.values()];
  get = (email) => this.rows.get(email) ?? null;

  async update(email, change) {
    const row = structuredClone(this.get(email) ?? { email, pinned: null, served: null, offered: null, keys: [] });
    change(row, this.all().filter((other) => other.email !== email));
    this.rows.set(email, row);
    return row;
  }
}

async function newKey(email) {
  const { publicKeyBytes, fingerprint } = await CryptoManager.generateKeyPair();
  const nothing = { identity_key: null, identity_signature: null };
  const time = "2026-01-01T00:00:00Z";
  const public_key = toBase64(publicKeyBytes);
  return { email, public_key, fingerprint, algorithm: "ECDH", ...nothing, created_at: time, updated_at: time };
}

describe("the keys of others", () => {
  let first, second, evil, served, people, keys;

  beforeEach(async () => {
    [first, second, evil] = await Promise.all([newKey(BOB), newKey(BOB), newKey(BOB)]);
    served = new Map([[BOB, first]]);
    people = new Rows();
    const api = {
      keyOf: async (email) => served.get(email),
      keyByFingerprint: async (fingerprint) => [first, second, evil].find((key) => key.fingerprint === fingerprint),
    };
    keys = new PeerKeys({ api, people, accountKey: { pairs: [] } });
  });

  test("the first is accepted, the next is asked about", async () => {
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    served.set(BOB, second);
    await keys.lookUp(BOB);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    await keys.accept(BOB, second.fingerprint);
    assert.equal((await keys.keyFor(BOB)).fingerprint, second.fingerprint);
  });

  test("one that was offered once is not accepted together with a later one", async () => {
    await keys.lookUp(BOB);
    for (const key of [evil, first, second]) {
      served.set(BOB, key);
      await keys.lookUp(BOB);
    }
    await keys.accept(BOB, second.fingerprint);
    served.set(BOB, evil);
    await keys.lookUp(BOB);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
  });

  test("the decision is about the key that was shown, and no other", async () => {
    await keys.lookUp(BOB);
    served.set(BOB, second);
    await keys.lookUp(BOB);
    served.set(BOB, evil);
    await keys.lookUp(BOB);
    await assert.rejects(keys.accept(BOB, second.fingerprint), { code: "key_changed" });
    assert.equal(people.get(BOB).pinned, first.fingerprint);
  });

  test("a former one opens, and is asked about before anything is sealed for it again", async () => {
    await keys.lookUp(BOB);
    served.set(BOB, second);
    await keys.lookUp(BOB);
    await keys.accept(BOB, second.fingerprint);
    assert.equal(toBase64(await keys.named(BOB, first.fingerprint)), first.public_key);
    served.set(BOB, first);
    await keys.lookUp(BOB);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
  });

  test("one that only a message names, accepted, opens and is not sealed for", async () => {
    await keys.lookUp(BOB);
    await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    await keys.accept(BOB, evil.fingerprint);
    assert.equal(toBase64(await keys.named(BOB, evil.fingerprint)), evil.public_key);
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
  });

  test("a key that is or was accepted for somebody else is refused", async () => {
    await keys.lookUp(BOB);
    served.set(BOB, second);
    await keys.lookUp(BOB);
    await keys.accept(BOB, second.fingerprint);
    for (const key of [first, second]) {
      served.set(CAROL, { ...key, email: CAROL });
      await assert.rejects(keys.lookUp(CAROL), { code: "key_not_theirs" });
    }
    assert.equal(people.get(CAROL), null);
  });
});
