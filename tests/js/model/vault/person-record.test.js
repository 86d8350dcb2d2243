import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mergedRecord, readRecord } from "../../../../static/js/model/vault/person-record.js";
import { mergedKeys, withPresent } from "../../../../static/js/model/vault/own-secrets.js";

const key = (members = {}) =>
  ({ public: "", identity: "aa", version: 1, suites: [1], first_seen_ms: 1, opened: false, browsers: [], ...members });
const record = (members = {}) =>
  ({ pinned: "k1", keys: { k1: key() }, checked: null, differed: null, declined: [], decided_at_ms: 0, list: null, ...members });

/** Merges in both orders, which must give the same. */
function merged(left, right) {
  const result = mergedRecord(left, right);
  assert.deepEqual(mergedRecord(right, left), result);
  assert.deepEqual(mergedRecord(result, left), result);
  assert.deepEqual(mergedRecord(result, right), result);
  return result;
}

describe("records of a person", () => {
  test("keep all keys, and of each the later statement of its identity", () => {
    const result = merged(
      record({ keys: { k1: key({ version: 3, suites: [1, 2] }), k0: key() } }),
      record({ keys: { k1: key({ version: 2, opened: true, first_seen_ms: 0 }) } }),
    );
    assert.deepEqual(Object.keys(result.keys), ["k0", "k1"]);
    assert.deepEqual(result.keys.k1, key({ version: 3, suites: [1, 2], opened: true, first_seen_ms: 0 }));
  });

  test("take the key that the person has decided for last", () => {
    const kept = record({ decided_at_ms: 5 });
    const accepted = record({ pinned: "k2", keys: { k1: key(), k2: key({ identity: "bb", first_seen_ms: 9 }) }, decided_at_ms: 7 });
    assert.equal(merged(kept, accepted).pinned, "k2");
    assert.equal(merged({ ...kept, decided_at_ms: 8 }, accepted).pinned, "k1");
  });

  test("take the key that was seen first where the person has decided nothing", () => {
    const later = record({ pinned: "k2", keys: { k2: key({ identity: "bb", first_seen_ms: 9 }) } });
    assert.equal(merged(record(), later).pinned, "k1");
  });

  test("take the later comparison, from whichever side it comes", () => {
    const checked = { identity: "aa", at_ms: 4 };
    const differed = { identity: "aa", at_ms: 6, may_write: false };
    assert.deepEqual(merged(record({ checked }), record({ decided_at_ms: 9, declined: ["message zz"] })).checked, checked);
    const result = merged(record({ checked }), record({ differed }));
    assert.deepEqual([result.checked, result.differed], [null, differed]);
  });

  test("lose a comparison with an identity that is not the pinned key's", () => {
    const other = record({ pinned: "k2", keys: { k2: key({ identity: "bb" }) }, decided_at_ms: 5 });
    assert.equal(merged(record({ checked: { identity: "aa", at_ms: 4 } }), other).checked, null);
  });

  test("decline no key that is accepted", () => {
    const declining = record({ declined: ["message k2", "server k2 bb 1", "message k3"], decided_at_ms: 3 });
    const accepting = record({ pinned: "k1", keys: { k1: key(), k2: key({ identity: "bb" }) } });
    assert.deepEqual(merged(declining, accepting).declined, ["message k3"]);
  });

  test("keep the later list of browsers, and all browsers that stood in one", () => {
    const list = (version, ...ids) => ({ identity: "aa", version, hash: `h${version}`, ids });
    assert.deepEqual(merged(record({ list: list(1, "b1", "b2") }), record({ list: list(2, "b2", "b3") })).list, list(2, "b2", "b3", "b1"));
  });

  test("drop the browsers that stood in the oldest lists, if there are too many, and agree in any order", () => {
    const list = (version, ids) => ({ identity: "aa", version, hash: `h${version}`, ids });
    const old = Array.from({ length: 200 }, (_, index) => `b${100 + index}`);
    const [left, right] = [record({ list: list(1, old) }), record({ list: list(2, ["z1", "z2"]) })];
    const both = merged(left, right);
    assert.deepEqual([both.list.ids.length, both.list.ids.slice(0, 3)], [200, ["z1", "z2", "b100"]]);
    const [one, other] = [record({ list: list(2, ["z1", "b1"]) }), record({ list: list(2, ["z1", "b2"]) })];
    assert.deepEqual(merged(one, other).list, merged(other, one).list);
    assert.deepEqual(merged(merged(one, other), one).list, merged(one, other).list);
    assert.deepEqual(merged(merged(one, other), other).list, merged(one, other).list);
  });

  test("keep what a newer version of the page has written", () => {
    assert.equal(merged(record({ later: { x: 1 } }), record()).later.x, 1);
  });

  test("are not taken where a key is not the one that it is named by", async () => {
    assert.equal(await readRecord(record()).catch(() => null), null);
    assert.equal(await readRecord({ pinned: "k1", keys: {} }), null);
  });
});

describe("the account's own keys", () => {
  const own = (name, present, version = 1) => ({ public: name, version, present });
  const known = (record_, isNext = false) => ({ record: record_, isNext });

  test("stay in order: former ones, the present one, the next one", () => {
    const result = mergedKeys([own("present", true)], [known(own("old", true)), known(own("present", true, 2)), known(own("next", false), true)]);
    assert.deepEqual(result, [own("old", false), own("present", true, 2), own("next", false)]);
  });

  test("of a new vault are present as this browser says", () => {
    assert.deepEqual(mergedKeys([], [known(own("first", true))]), [own("first", true)]);
  });

  test("have one present key", () => {
    assert.deepEqual(withPresent([own("a", true), own("b", false)], "b"), [own("a", false), own("b", true)]);
    assert.deepEqual(withPresent([own("b", false), own("a", true)], "b"), [own("a", false), own("b", true)]);
  });
});
