import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { Inviter, Joiner, makeInvitation, readInvitation } from "../../../static/js/crypto/browser-invitation.js";
import { randomKey, wayOf } from "../../../static/js/crypto/ways.js";
import { fromBase64, fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const vectors = readVectors("invitations.json");
const [run] = vectors.runs;
const bytes = Object.fromEntries(Object.entries(run.messages).map(([step, message]) => [step, fromHex(message)]));
const account = { symbols: run.symbols, email: run.email, accountId: run.account_id };
const { id, signature_key: signatureKey, name } = run.browser;
const browser = { id, signatureKeyBytes: fromHex(signatureKey), name };
const way = { id: run.details.id, publicBytes: fromBase64(run.details.public), psk: fromBase64(run.details.psk) };
const REFUSED = { name: "ProtocolError", reason: "invitation" };

async function oneTime({ pkcs8, public_key, nonce }) {
  const privateKey = await CryptoManager.importAccountKey(fromHex(pkcs8));
  return { privateKey, publicKeyBytes: fromHex(public_key), nonce: fromHex(nonce) };
}

/** Both sides of the vector, after all steps before this one. */
async function sidesBefore(step) {
  const old = new Inviter({ ...account, oneTime: await oneTime(run.old) });
  const young = new Joiner({ ...account, oneTime: await oneTime(run.new) });
  const steps = {
    offer: () => old.offer(),
    answer: () => young.takeOffer(bytes.offer, browser),
    reveal: () => old.takeAnswer(bytes.answer),
    details: async () => {
      await young.takeReveal(bytes.reveal);
      await young.details(way);
    },
    grant: () => old.takeDetails(bytes.details),
  };
  for (const [each, take] of Object.entries(steps)) {
    if (each === step) {
      break;
    }
    await take();
  }
  return { old, young };
}

const takes = {
  offer: ({ young }, message) => young.takeOffer(message, browser),
  answer: ({ old }, message) => old.takeAnswer(message),
  reveal: ({ young }, message) => young.takeReveal(message),
  details: ({ old }, message) => old.takeDetails(message),
  grant: ({ young }, message) => young.takeGrant(message),
};

describe("the invitation of the vectors", () => {
  test("has its route on both sides", async () => {
    assert.equal(await new Inviter(account).route(), run.route);
    assert.equal(await new Joiner(account).route(), run.route);
  });

  test("gives the same messages, digits and values", async () => {
    const old = new Inviter({ ...account, oneTime: await oneTime(run.old) });
    const young = new Joiner({ ...account, oneTime: await oneTime(run.new) });
    assert.equal(toHex(await old.offer()), run.messages.offer);
    assert.equal(toHex(await young.takeOffer(bytes.offer, browser)), run.messages.answer);
    const answered = await old.takeAnswer(bytes.answer);
    assert.equal(toHex(answered.reveal), run.messages.reveal);
    assert.deepEqual([answered.digits, answered.browser], [run.digits, browser]);
    assert.equal(await young.takeReveal(bytes.reveal), run.digits);
    assert.deepEqual(await old.takeDetails(bytes.details), way);
    await young.details(way);
    const { vault_key, hash, list, generation, version } = run.grant;
    const granted = { vaultKey: fromBase64(vault_key), generation, version, hash: fromHex(hash), list: fromBase64(list) };
    assert.deepEqual(await young.takeGrant(bytes.grant), granted);
  });

  for (const vector of vectors.refused) {
    test(`refused: ${vector.name}`, async () => {
      await assert.rejects(takes[vector.step](await sidesBefore(vector.step), fromHex(vector.message)), REFUSED);
    });
  }
});

describe("an invitation between two browsers", () => {
  const symbols = readInvitation(makeInvitation());
  const secret = { ...account, symbols };
  const grant = { vaultKey: randomKey(), generation: 3, version: 8, hash: randomKey(), list: new Uint8Array(200) };

  async function met() {
    const [old, young] = [new Inviter(secret), new Joiner(secret)];
    const { reveal, digits } = await old.takeAnswer(await young.takeOffer(await old.offer(), browser));
    return { old, young, digits, seen: await young.takeReveal(reveal) };
  }

  test("ends with the same digits and the grant", async () => {
    const { old, young, digits, seen } = await met();
    assert.match(digits, /^\d{6}$/);
    assert.equal(seen, digits);
    const own = await wayOf(randomKey(), account.email);
    assert.deepEqual(await old.takeDetails(await young.details(own)), own);
    assert.deepEqual(await young.takeGrant(await old.grant(grant)), grant);
  });

  test("has other digits each time", async () => {
    const found = await Promise.all(Array.from({ length: 5 }, met));
    assert.equal(new Set(found.map(({ digits }) => digits)).size, 5);
  });

  test("of which somebody has the secret and stands between shows two numbers", async () => {
    const [old, young] = [new Inviter(secret), new Joiner(secret)];
    const [toOld, toYoung] = [new Joiner(secret), new Inviter(secret)];
    const one = await old.takeAnswer(await toOld.takeOffer(await old.offer(), browser));
    const other = await toYoung.takeAnswer(await young.takeOffer(await toYoung.offer(), browser));
    assert.notEqual(one.digits, await young.takeReveal(other.reveal));
  });

  test("takes one answer, also of two that come at once", async () => {
    const old = new Inviter(secret);
    const offer = await old.offer();
    const answers = await Promise.all([0, 1].map(() => new Joiner(secret).takeOffer(offer, browser)));
    const taken = await Promise.allSettled(answers.map((answer) => old.takeAnswer(answer)));
    assert.deepEqual(taken.map(({ status }) => status), ["fulfilled", "rejected"]);
  });

  test("takes the same answer again, as after a lost connection", async () => {
    const old = new Inviter(secret);
    const answer = await new Joiner(secret).takeOffer(await old.offer(), browser);
    assert.deepEqual(await old.takeAnswer(answer), await old.takeAnswer(answer));
  });

  test("grants nothing before the details", async () => {
    const { old } = await met();
    await assert.rejects(old.grant(grant), REFUSED);
  });

  test("has no digits before the reveal", async () => {
    const [old, young] = [new Inviter(secret), new Joiner(secret)];
    await young.takeOffer(await old.offer(), browser);
    await assert.rejects(young.details(way), REFUSED);
  });

  test("of another person or account does not come together", async () => {
    const offer = await new Inviter(secret).offer();
    await assert.rejects(new Joiner({ ...secret, email: "bob@example.org" }).takeOffer(offer, browser), REFUSED);
    const [old, young] = [new Inviter(secret), new Joiner({ ...secret, accountId: "8" })];
    const { reveal, digits } = await old.takeAnswer(await young.takeOffer(await old.offer(), browser));
    assert.notEqual(await young.takeReveal(reveal), digits);
  });
});

describe("what is typed as an invitation", () => {
  test("is read like a code", () => {
    assert.equal(readInvitation("7xk2-mq9r bd4t"), "7XK2MQ9RBD4T");
    assert.equal(readInvitation("OIL2-mq9r-bd4t"), "0112MQ9RBD4T");
  });

  for (const text of ["", "7XK2-MQ9R-BD4", "7XK2-MQ9R-BD4TT", "7XK2-MQ9R-BD4U"]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(readInvitation(text), null));
  }
});
