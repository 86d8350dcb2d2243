import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BadAnswer } from "../../static/js/model/errors.js";
import { Mailbox } from "../../static/js/model/mailbox.js";
import { ApiError, NetworkError } from "../../static/js/net/errors.js";

/** @returns {Promise<number>} how often a server that fails so is asked by one that hears three times that it should */
async function callsAfter(failure) {
  let calls = 0;
  const sync = async () => {
    calls += 1;
    throw failure;
  };
  const mailbox = new Mailbox({ api: { sync }, ownEmail: "alice@example.org" });
  for (let told = 0; told < 3; told += 1) {
    await mailbox.sync();
  }
  mailbox.stop();
  return calls;
}

describe("a server that tells to ask again", () => {
  const FAILURES = {
    "and answers nonsense": new BadAnswer("numbers that fall"),
    "and answers without end": new NetworkError(new RangeError("an answer without end")),
    "and cannot be stored here": new DOMException("full", "QuotaExceededError"),
    "and wants to be left alone": new ApiError(503, {}, 60),
  };
  for (const [name, failure] of Object.entries(FAILURES)) {
    test(`${name} is given a rest`, async () => assert.equal(await callsAfter(failure), 1));
  }

  test("and could not be reached is asked", async () => {
    assert.equal(await callsAfter(new NetworkError(new TypeError("no network"))), 3);
  });
});
