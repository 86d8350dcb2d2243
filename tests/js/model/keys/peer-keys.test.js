import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { KeyChangedError } from "../../../../static/js/crypto/crypto-errors.js";
import { signStatement } from "../../../../static/js/crypto/identity.js";
import { fromBase64, toBase64, toHex } from "../../../../static/js/lib/bytes.js";
import { PeerKeys } from "../../../../static/js/model/keys/peer-keys.js";
import { inSecondBrowser, secondBrowsers } from "../../../../static/js/model/keys/second-browsers.js";
import { ApiError } from "../../../../static/js/net/net-errors.js";

const BOB = "bob@example.org";
const CAROL = "carol@example.org";

const NOBODY = { pinned: null, served: null, offered: null, offeredStatement: null, checked: null, forgotten: false };
const DAY_MS = 24 * 3_600_000;
const STRANGER = { ...NOBODY, keys: [], changes: [] };

/** People without a database. */
class Rows {
  rows = new Map();
  all = () => [...this.rows.values()];
  get = (email) => this.rows.get(email) ?? null;

  async update(email, change) {
    const row = structuredClone(this.get(email) ?? { ...STRANGER, email });
    change(row, this.all().filter((other) => other.email !== email));
    this.rows.set(email, row);
    return row;
  }
}

/** Signed by an identity of its own. */
async function newKey(email) {
  const { publicKeyBytes, fingerprint } = await CryptoManager.generateKeyPair();
  const time = "2026-01-01T00:00:00Z";
  const public_key = toBase64(publicKeyBytes);
  const key = { email, public_key, fingerprint, algorithm: "ECDH", created_at: time, updated_at: time };
  return signed(key, await newIdentity());
}

const unsigned = (key) => ({ ...key, identity_key: null, identity_signature: null });

/** The key, signed. */
async function signed(key, { privateKey, publicKeyBytes }, { version = 1, suites = [1], email = key.email } = {}) {
  const signer = { identityPrivateKey: privateKey, email, publicKeyBytes: fromBase64(key.public_key) };
  const statement = await signStatement({ ...signer, version, suites });
  return { ...key, identity_key: toBase64(publicKeyBytes), identity_signature: toBase64(statement) };
}

const newIdentity = () => CryptoManager.generateIdentityKeyPair();

describe("the keys of peers", () => {
  let first, second, evil, served, people, keys, pairs, storageLoss, asked;

  beforeEach(async () => {
    [first, second, evil] = await Promise.all([newKey(BOB), newKey(BOB), newKey(BOB)]);
    served = new Map([[BOB, first]]);
    people = new Rows();
    asked = [];
    const api = {
      keyOf: async (email) => asked.push(email) && (served.get(email) ?? notFound("key_not_found")),
      keyByFingerprint: async (fingerprint) => [first, second, evil].find((key) => key.fingerprint === fingerprint),
    };
    [pairs, storageLoss] = [[], { mayHaveKnown: false }];
    keys = new PeerKeys({ api, people, accountKey: { pairs }, listedBrowsers: { learn: async () => {} }, storageLoss });
  });

  function notFound(code) {
    throw new ApiError(404, { code, detail: code });
  }

  /** A message of theirs was decrypted with that key. */
  async function open(key, { mine = false, browser = "b1" } = {}) {
    await keys.opened(key.email, await keys.named(key.email, key.fingerprint), { mine, browser });
  }

  /** The server names another key now. */
  async function serve(key) {
    served.set(key.email, key);
    return keys.lookUp(key.email);
  }

  test("the first is accepted, the next is offered", async () => {
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    served.set(BOB, second);
    await keys.lookUp(BOB);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    await keys.accept(BOB, second.fingerprint);
    assert.equal((await keys.keyFor(BOB)).fingerprint, second.fingerprint);
  });

  test("one that the server no longer names is not offered any more", async () => {
    await keys.lookUp(BOB);
    await serve(evil);
    assert.equal(await keys.reconsider(BOB), true);
    served.set(BOB, first);
    assert.equal(await keys.reconsider(BOB), false);
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    await assert.rejects(keys.accept(BOB, evil.fingerprint), { code: "key_changed" });
    assert.deepEqual(people.get(BOB).changes.map(({ undecided }) => undecided), [false]);
  });

  test("one that a message names stays offered, whatever the server names", async () => {
    await keys.lookUp(BOB);
    await assert.rejects(keys.named(BOB, second.fingerprint), KeyChangedError);
    assert.equal(await keys.reconsider(BOB), true);
    await keys.accept(BOB, second.fingerprint);
    assert.equal((await keys.named(BOB, second.fingerprint)).fingerprint, second.fingerprint);
  });

  test("one that a message names stays offered while other messages are decrypted", async () => {
    await keys.lookUp(BOB);
    const offered = [];
    const { update } = people;
    people.update = async (...given) => {
      const row = await update.apply(people, given);
      offered.push(row.offered);
      return row;
    };
    const named = [keys.named(BOB, evil.fingerprint), keys.named(BOB, evil.fingerprint)];
    await Promise.allSettled(named);
    const firstTime = offered.indexOf(evil.fingerprint);
    assert.deepEqual(new Set(offered.slice(firstTime)), new Set([evil.fingerprint]));
    await assert.rejects(keys.named(BOB, second.fingerprint), KeyChangedError);
    assert.equal(offered.slice(firstTime).includes(null), false);
  });

  test("one that a message named and that was declined is not asked about again, and nothing is asked of the server", async () => {
    await keys.lookUp(BOB);
    await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
    await keys.decline(BOB, evil.fingerprint);
    assert.equal(keys.offered(BOB), null);
    asked.length = 0;
    await assert.rejects(keys.named(BOB, evil.fingerprint), { code: "declined_key" });
    assert.deepEqual([keys.offered(BOB), asked.length], [null, 0]);
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    await assert.rejects(keys.named(BOB, second.fingerprint), KeyChangedError);
  });

  test("one that a message named and that was declined is asked about when the server names it", async () => {
    await keys.lookUp(BOB);
    await assert.rejects(keys.named(BOB, second.fingerprint), KeyChangedError);
    await keys.decline(BOB, second.fingerprint);
    await serve(second);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    await assert.rejects(keys.named(BOB, second.fingerprint), KeyChangedError);
    await keys.accept(BOB, second.fingerprint);
    assert.equal((await keys.named(BOB, second.fingerprint)).fingerprint, second.fingerprint);
    assert.deepEqual(people.get(BOB).declined, []);
  });

  test("one that the server named and that was declined is not asked about again until that is wanted", async () => {
    await keys.lookUp(BOB);
    await serve(second);
    await keys.decline(BOB, second.fingerprint);
    await serve(second);
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    await assert.rejects(keys.named(BOB, second.fingerprint), { code: "declined_key" });
    await keys.askAboutDeclined(BOB);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
  });

  test("another statement for the known key that was declined leaves other statements to be asked about", async () => {
    await keys.lookUp(BOB);
    const others = await Promise.all([1, 2].map(async () => signed(first, await newIdentity())));
    await serve(others[0]);
    await keys.decline(BOB, first.fingerprint);
    await serve(others[0]);
    assert.equal((await keys.keyFor(BOB)).identity, toHex(fromBase64(first.identity_key)));
    await serve(others[1]);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
  });

  test("declining is about exactly the key that was on the screen", async () => {
    await keys.lookUp(BOB);
    await serve(evil);
    await serve(second);
    await assert.rejects(keys.decline(BOB, evil.fingerprint), { code: "key_changed" });
    assert.equal(keys.offered(BOB), second.fingerprint);
  });

  test("what was compared still holds when another key is declined", async () => {
    const { identity } = await keys.keyFor(BOB);
    await people.update(BOB, (row) => void (row.checked = { identity, atMs: 1 }));
    await serve(second);
    assert.equal(people.get(BOB).changes[0].wasChecked, true);
    await keys.decline(BOB, second.fingerprint);
    assert.equal(people.get(BOB).checked.identity, identity);
    assert.deepEqual(people.get(BOB).changes.map(({ undecided, isDeclined, wasChecked }) => [undecided, isDeclined, wasChecked]), [[false, true, false]]);
  });

  test("as many declined keys are remembered as there is room for", async () => {
    await keys.lookUp(BOB);
    await people.update(BOB, (row) => void (row.declined = Array.from({ length: 100 }, (_, index) => `message ${index}`)));
    await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
    await keys.decline(BOB, evil.fingerprint);
    assert.deepEqual([people.get(BOB).declined.length, people.get(BOB).declined.at(-1)], [100, `message ${evil.fingerprint}`]);
  });

  test("one that has become somebody else's while it was decided about can be declined", async () => {
    await keys.lookUp(BOB);
    await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
    people.rows.set(CAROL, { ...STRANGER, email: CAROL, keys: [{ ...people.get(BOB).keys.at(-1), accepted: true, opened: true }] });
    await assert.rejects(keys.accept(BOB, evil.fingerprint), { code: "key_not_theirs" });
    await keys.decline(BOB, evil.fingerprint);
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
  });

  test("one that was offered earlier is not accepted together with a later one", async () => {
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

  test("a former one is not accepted instead of the one that is offered", async () => {
    await serve(first);
    await serve(second);
    await keys.accept(BOB, second.fingerprint);
    await serve(evil);
    await assert.rejects(keys.accept(BOB, first.fingerprint), { code: "key_changed" });
    assert.equal(keys.offered(BOB), evil.fingerprint);
  });

  test("one that is no longer offered is deleted", async () => {
    await serve(first);
    await serve(evil);
    await serve(first);
    assert.deepEqual(people.get(BOB).keys.map(({ fingerprint }) => fingerprint), [first.fingerprint]);
    assert.equal(keys.offered(BOB), null);
  });

  test("a former one decrypts, and is offered before anything is sealed for it again", async () => {
    await keys.lookUp(BOB);
    served.set(BOB, second);
    await keys.lookUp(BOB);
    await keys.accept(BOB, second.fingerprint);
    assert.equal(toBase64((await keys.named(BOB, first.fingerprint)).publicKeyBytes), first.public_key);
    served.set(BOB, first);
    await keys.lookUp(BOB);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
  });

  test("one that only a message names becomes the current one when accepted, and the server's is offered", async () => {
    await keys.lookUp(BOB);
    await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    await keys.accept(BOB, evil.fingerprint);
    assert.equal(toBase64((await keys.named(BOB, evil.fingerprint)).publicKeyBytes), evil.public_key);
    assert.equal(people.get(BOB).pinned, evil.fingerprint);
    await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    assert.equal(keys.offered(BOB), first.fingerprint);
    await keys.accept(BOB, first.fingerprint);
    assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
  });

  test("one that is or was another contact's is refused", async () => {
    await open(first);
    await serve(second);
    await keys.accept(BOB, second.fingerprint);
    await open(second);
    for (const key of [first, second]) {
      served.set(CAROL, await borrowed(key));
      await assert.rejects(keys.lookUp(CAROL), { code: "key_not_theirs" });
    }
    assert.equal(people.get(CAROL), null);
  });

  /** Somebody's public key, signed by an identity of Carol's. */
  async function borrowed(key) {
    return signed({ ...key, email: CAROL }, await newIdentity());
  }

  describe("of a peer who is first heard of by a message", () => {
    test("are not pinned before it is decrypted", async () => {
      const key = await keys.named(BOB, first.fingerprint);
      assert.equal(people.get(BOB), null);
      await keys.opened(BOB, key, { mine: false, browser: "b1" });
      assert.equal(people.get(BOB).pinned, first.fingerprint);
    });

    test("are sealed for only after the server has named the same key", async () => {
      await open(first);
      served.set(BOB, second);
      await assert.rejects(keys.keyFor(BOB), KeyChangedError);
    });

    test("lose to a key that was pinned before the message was decrypted", async () => {
      const key = await keys.named(BOB, evil.fingerprint);
      await keys.lookUp(BOB);
      await assert.rejects(keys.opened(BOB, key, { mine: false, browser: "b1" }), KeyChangedError);
      assert.equal(people.get(BOB).pinned, first.fingerprint);
    });
  });

  describe("that have decrypted nothing", () => {
    test("block no other peer's", async () => {
      served.set(CAROL, await borrowed(first));
      await keys.lookUp(CAROL);
      await serve(first);
      assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
      await open(first);
    });

    test("are not sealed for any more once the key is known to be another peer's", async () => {
      served.set(CAROL, await borrowed(first));
      await keys.keyFor(CAROL);
      await open(first);
      await assert.rejects(keys.keyFor(CAROL), { code: "key_not_theirs" });
      await assert.rejects(keys.named(CAROL, first.fingerprint), { code: "key_not_theirs" });
    });

    test("are not proven by an own message", async () => {
      await keys.lookUp(BOB);
      await open(first, { mine: true });
      served.set(CAROL, await borrowed(first));
      assert.equal((await keys.keyFor(CAROL)).fingerprint, first.fingerprint);
    });
  });

  describe("that several browsers use", () => {
    test("are all marked, also when somebody makes up more ids than are noted", async () => {
      const browsers = Array.from({ length: 21 }, (_, number) => `b${number}`);
      for (const browser of browsers) {
        await open(first, { browser });
      }
      const isSecond = inSecondBrowser(people.get(BOB));
      assert.equal(secondBrowsers(people.get(BOB)).length, 19);
      assert.deepEqual(browsers.filter(isSecond), browsers.slice(1));
      assert.equal(isSecond(undefined), false);
    });

    test("are not marked without a second one", async () => {
      await open(first, { browser: "b1" });
      assert.deepEqual(["b1", "b2", undefined].map(inSecondBrowser(people.get(BOB))), [false, false, false]);
      assert.equal(inSecondBrowser(null)("b1"), false);
    });

    const seconds = () => secondBrowsers(people.get(BOB)).map(({ id }) => id);

    test("are noted, all but the first browser of each key", async () => {
      for (const browser of ["b1", "b2", "b1", "b3"]) {
        await open(first, { browser });
      }
      assert.deepEqual(seconds(), ["b2", "b3"]);
      await serve(second);
      await keys.accept(BOB, second.fingerprint);
      await open(second, { browser: "b4" });
      assert.deepEqual(seconds(), ["b2", "b3"]);
    });

    test("are not noted for own messages", async () => {
      await open(first);
      await open(first, { browser: "own", mine: true });
      assert.deepEqual(seconds(), []);
    });

    test("do not fill the disk", async () => {
      for (let number = 0; number < 40; number += 1) {
        await open(first, { browser: `b${number}` });
      }
      assert.equal(seconds().length, 19);
    });
  });

  describe("that are not signed", () => {
    test("are not pinned, neither as the server's nor as a message's", async () => {
      first = unsigned(first);
      served.set(BOB, first);
      await assert.rejects(keys.keyFor(BOB), { code: "unsigned_key" });
      await assert.rejects(keys.named(BOB, first.fingerprint), { code: "unsigned_key" });
      assert.equal(people.get(BOB).pinned, null);
    });

    test("are pinned once they are signed", async () => {
      const key = first;
      served.set(BOB, unsigned(first));
      await assert.rejects(keys.keyFor(BOB), { code: "unsigned_key" });
      served.set(BOB, key);
      assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    });

    test("and were pinned by an older version decrypt, and are not sealed for before they are signed", async () => {
      const key = { fingerprint: first.fingerprint, publicKeyBytes: fromBase64(first.public_key), identity: null };
      const pinnedKey = { ...key, version: 0, suites: [], accepted: true, firstSeenMs: 1 };
      await people.update(BOB, (row) => Object.assign(row, { pinned: first.fingerprint, keys: [pinnedKey] }));
      served.set(BOB, unsigned(first));
      await open(first);
      await assert.rejects(keys.keyFor(BOB), { code: "unsigned_key" });
      await serve(first);
      assert.notEqual((await keys.keyFor(BOB)).identity, null);
      assert.deepEqual(people.get(BOB).changes, []);
    });

    test("are not accepted in the place of one that is signed", async () => {
      await serve(first);
      for (const key of [unsigned(first), unsigned(second)]) {
        await serve(key);
        await assert.rejects(keys.accept(BOB, key.fingerprint), { code: "unsigned_key" });
        await assert.rejects(keys.keyFor(BOB), KeyChangedError);
      }
    });

    test("and that a message names in the place of one that is signed are not offered: they could not be accepted", async () => {
      await serve(first);
      second = unsigned(second);
      await assert.rejects(keys.named(BOB, second.fingerprint), { code: "unsigned_key" });
      assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
      assert.deepEqual(people.get(BOB).changes, []);
    });

    test("and that an older version offered for a message are deleted", async () => {
      await serve(first);
      const publicKeyBytes = fromBase64(second.public_key);
      const statement = { identity: null, version: 0, suites: [] };
      const key = { fingerprint: second.fingerprint, publicKeyBytes, accepted: false, firstSeenMs: 1, ...statement };
      await people.update(BOB, (row) => {
        row.keys.push(key);
        Object.assign(row, { offered: key.fingerprint, offeredStatement: statement });
      });
      assert.equal(await keys.reconsider(BOB), false);
      assert.equal((await keys.keyFor(BOB)).fingerprint, first.fingerprint);
    });
  });

  describe("are looked up again", () => {
    const age = (ageMs) => people.update(BOB, (row) => void (row.servedAtMs = Date.now() - ageMs));

    test("before the first message of a day, and not before each", async () => {
      await keys.keyFor(BOB);
      await keys.keyFor(BOB);
      assert.equal(asked.length, 1);
      await age(DAY_MS + 1);
      await keys.keyFor(BOB);
      assert.equal(asked.length, 2);
    });

    test("if the clock was set back", async () => {
      await keys.keyFor(BOB);
      await age(-DAY_MS - 1000);
      await keys.keyFor(BOB);
      assert.equal(asked.length, 2);
    });

    test("once a day for all peers with a pinned key", async () => {
      const carol = await newKey(CAROL);
      await serve(carol);
      await serve(first);
      await keys.refresh();
      assert.equal(asked.length, 2);
      await age(DAY_MS + 1);
      served.set(BOB, await signed(first, await newIdentity()));
      await keys.refresh();
      assert.deepEqual(asked, [CAROL, BOB, BOB]);
      assert.equal(keys.offered(BOB), first.fingerprint);
    });

    test("also for the next peer if one has no key any more", async () => {
      await serve(await newKey(CAROL));
      await serve(first);
      await people.update(CAROL, (row) => void (row.servedAtMs = 0));
      await age(DAY_MS + 1);
      served.delete(CAROL);
      served.set(BOB, second);
      await keys.refresh();
      assert.equal(keys.offered(BOB), second.fingerprint);
    });
  });

  describe("that are signed", () => {
    let bob, other;

    beforeEach(async () => {
      [bob, other] = await Promise.all([newIdentity(), newIdentity()]);
    });

    const pinned = () => people.get(BOB).keys.find(({ fingerprint }) => fingerprint === people.get(BOB).pinned);

    test("the first is pinned with its identity, version and suites", async () => {
      await serve(await signed(first, bob, { version: 7, suites: [1, 4] }));
      const { identity, version, suites } = pinned();
      assert.deepEqual({ identity, version, suites }, { identity: toHex(bob.publicKeyBytes), version: 7, suites: [1, 4] });
    });

    const SILENT = {
      "the same again": [{ version: 3 }, { version: 3 }],
      "a number that has risen": [{ version: 3 }, { version: 4 }],
      "more suites under a number that has risen": [{ version: 3 }, { version: 9, suites: [1, 2] }],
    };
    for (const [name, [before, after]] of Object.entries(SILENT)) {
      test(`${name} is no change`, async () => {
        await serve(await signed(first, bob, before));
        await serve(await signed(first, bob, after));
        assert.equal((await keys.keyFor(BOB)).version, after.version);
        assert.deepEqual(people.get(BOB).changes, []);
      });
    }

    const CHANGES = {
      "another identity": async () => signed(first, other, { version: 9, suites: [1, 2] }),
      "an older number": async () => signed(first, bob, { version: 4, suites: [1, 2] }),
      "fewer suites": async () => signed(first, bob, { version: 6, suites: [1] }),
      "other suites": async () => signed(first, bob, { version: 6, suites: [1, 3] }),
      "more suites under the same number": async () => signed(first, bob, { version: 5, suites: [1, 2, 3] }),
      "another key under the same number": async () => signed(second, bob, { version: 5, suites: [1, 2] }),
      "another key under a number that has risen": async () => signed(second, bob, { version: 6, suites: [1, 2] }),
    };
    for (const [name, changed] of Object.entries(CHANGES)) {
      test(`${name} is offered`, async () => {
        await serve(await signed(first, bob, { version: 5, suites: [1, 2] }));
        const before = pinned();
        const key = await changed();
        await serve(key);
        await assert.rejects(keys.keyFor(BOB), KeyChangedError);
        assert.deepEqual(pinned(), before);
        assert.equal(keys.offered(BOB), key.fingerprint);

        await keys.accept(BOB, key.fingerprint);
        await serve(key);
        assert.equal((await keys.keyFor(BOB)).fingerprint, key.fingerprint);
      });
    }

    test("the decision is about the statement that was shown, and no other", async () => {
      await serve(await signed(first, bob));
      await serve(unsigned(first));
      const { offer } = people.get(BOB).changes.at(-1);
      await serve(await signed(first, other));
      await assert.rejects(keys.accept(BOB, first.fingerprint, offer), { code: "key_changed" });
      assert.equal(pinned().identity, toHex(bob.publicKeyBytes));
    });

    const FORGED = {
      "a signature over another key": async () => {
        const { identity_key, identity_signature } = await signed(second, bob);
        return { ...first, identity_key, identity_signature };
      },
      "a signature over another email": async () => signed(first, bob, { email: CAROL }),
      "another's identity beside a signature": async () => {
        return { ...(await signed(first, bob)), identity_key: toBase64(other.publicKeyBytes) };
      },
      "a signature without an identity": async () => ({ ...(await signed(first, bob)), identity_key: null }),
      "an identity without a signature": async () => ({ ...(await signed(first, bob)), identity_signature: null }),
      "an identity of small order": async () => ({ ...(await signed(first, bob)), identity_key: toBase64(new Uint8Array(32)) }),
      "a signature cut short": async () => ({ ...(await signed(first, bob)), identity_signature: "AAAA" }),
    };
    for (const [name, forge] of Object.entries(FORGED)) {
      test(`${name} is refused`, async () => {
        served.set(BOB, await forge());
        await assert.rejects(keys.keyFor(BOB), { code: "key_not_theirs" });
        assert.equal(people.get(BOB), null);
      });
    }

    test("a response that is not base64 is malformed", async () => {
      for (const spoilt of [{ identity_key: "?" }, { identity_signature: 7 }]) {
        served.set(BOB, { ...(await signed(first, bob)), ...spoilt });
        await assert.rejects(keys.keyFor(BOB), { code: "bad_answer" });
      }
    });

    test("one's own identity is refused, and so is one's own key under another's", async () => {
      const own = await CryptoManager.generateKeyPair();
      pairs.push({ ...own, identity: bob });
      for (const key of [first, { ...first, public_key: toBase64(own.publicKeyBytes), fingerprint: own.fingerprint }]) {
        served.set(BOB, await signed(key, key === first ? bob : other));
        await assert.rejects(keys.keyFor(BOB), { code: "key_not_theirs" });
      }
    });

    test("another contact's identity is refused, one that was replaced too", async () => {
      await serve(await signed(first, bob));
      await serve(await signed(second, other));
      await keys.accept(BOB, second.fingerprint);
      for (const identity of [bob, other]) {
        served.set(CAROL, await signed(await newKey(CAROL), identity));
        await assert.rejects(keys.keyFor(CAROL), { code: "key_not_theirs" });
      }
    });

    test("another contact's identity is not accepted either", async () => {
      const carols = await signed(await newKey(CAROL), other);
      await serve(first);
      await serve(await signed(second, other));
      await people.update(CAROL, (row) => void row.keys.push({ ...second, publicKeyBytes: fromBase64(carols.public_key),
        identity: toHex(other.publicKeyBytes), accepted: true }));
      await assert.rejects(keys.accept(BOB, second.fingerprint), { code: "key_not_theirs" });
    });

    test("a change is marked once, and again when it comes back after a decision", async () => {
      await serve(await signed(first, bob));
      for (const key of [second, evil, second]) {
        await serve(key);
      }
      const { changes } = people.get(BOB);
      assert.deepEqual(changes.map(({ undecided }) => undecided), [true, true]);
      assert.equal(new Set(changes.map(({ key }) => key)).size, 2);
      await keys.accept(BOB, second.fingerprint);
      assert.deepEqual(people.get(BOB).changes.map(({ undecided }) => undecided), [false, false]);
      await serve(evil);
      assert.equal(people.get(BOB).changes.length, 3);
    });

    test("a server that offers others without end does not fill the disk", async () => {
      await serve(await signed(first, bob));
      for (let version = 1; version <= 30; version += 1) {
        await serve(await signed(first, other, { version }));
      }
      assert.equal(people.get(BOB).changes.length, 20);
      assert.ok(people.get(BOB).changes.at(-1).offer.endsWith(" 30"));
    });

    test("a comparison is void only if the identity changes", async () => {
      await serve(await signed(first, bob, { version: 2 }));
      await people.update(BOB, (row) => void (row.checked = { identity: toHex(bob.publicKeyBytes), atMs: 1 }));
      await serve(await signed(first, bob, { version: 1 }));
      await keys.accept(BOB, first.fingerprint);
      assert.equal(people.get(BOB).checked.atMs, 1);
      await serve(await signed(first, other));
      assert.deepEqual(people.get(BOB).changes.map(({ wasChecked }) => wasChecked), [false, true]);
      await keys.accept(BOB, first.fingerprint);
      assert.equal(people.get(BOB).checked, null);
    });

    test("a comparison is void as well with a key that only a message names", async () => {
      await serve(await signed(first, bob));
      await people.update(BOB, (row) => void (row.checked = { identity: toHex(bob.publicKeyBytes), atMs: 1 }));
      await assert.rejects(keys.named(BOB, evil.fingerprint), KeyChangedError);
      await keys.accept(BOB, evil.fingerprint);
      assert.equal(people.get(BOB).checked, null);
      assert.equal(pinned().identity, toHex(fromBase64(evil.identity_key)));
    });
  });

  test("a peer who is new after a storage loss is marked, a known one is not", async () => {
    await serve(first);
    storageLoss.mayHaveKnown = true;
    await serve(second);
    await serve(await newKey(CAROL));
    assert.deepEqual([BOB, CAROL].map((email) => people.get(email).forgotten), [false, true]);
  });
});
