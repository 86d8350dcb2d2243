import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addPasskey, listPasskeys, logInByPasskey, removePasskey, seedByPasskey } from "../../../../static/js/model/session/passkeys.js";
import { ApiError } from "../../../../static/js/net/net-errors.js";

const PASSKEYS = ["opens", "logs-in", "other"].map((id) => ({
  id: `row ${id}`, credential_id: id, name: "Firefox", created_at: "2026-11-30T08:00:00Z", last_used_at: null,
}));

/** The server's side, and what the devices are told. */
function world({ results = PASSKEYS, refusal = undefined } = {}) {
  const [calls, told] = [[], []];
  const api = {
    call: async (method, path) => {
      calls.push(`${method} ${path}`);
      if (method === "DELETE" && refusal) {
        throw refusal;
      }
      return method === "GET" ? { results } : null;
    },
  };
  globalThis.location = /** @type {any} */ ({ hostname: "chat.example.org" });
  globalThis.PublicKeyCredential = /** @type {any} */ ({
    signalUnknownCredential: async (one) => void told.push(one),
    signalAllAcceptedCredentials: async (one) => void told.push(one),
  });
  return { api: /** @type {any} */ (api), calls, told };
}

describe("a passkey that is removed", () => {
  test("is told to the devices, with those that are left", async () => {
    const { api, calls, told } = world();
    await removePasskey(api, { credentialId: "logs-in", accountId: 7, kept: ["opens"] });
    assert.deepEqual(calls, ["GET /passkeys", "DELETE /passkeys/row%20logs-in"]);
    const [unknown, accepted] = told;
    assert.deepEqual(unknown, { rpId: "chat.example.org", credentialId: "logs-in" });
    assert.deepEqual([accepted.rpId, accepted.allAcceptedCredentialIds], ["chat.example.org", ["opens", "other"]]);
    assert.match(accepted.userId, /^[\w-]{43}$/);
  });

  test("takes none with it that opens the messages, though the server names no other one", async () => {
    const { api, told } = world({ results: [] });
    await removePasskey(api, { credentialId: "logs-in", accountId: 7, kept: ["opens", "logs-in"] });
    assert.deepEqual(told[1].allAcceptedCredentialIds, ["opens"]);
  });

  test("is removed also where the browser cannot tell the devices, or fails to", async () => {
    for (const kinds of [undefined, {}, { signalUnknownCredential: async () => Promise.reject(new Error("no")) }]) {
      const { api, calls } = world();
      globalThis.PublicKeyCredential = /** @type {any} */ (kinds);
      await removePasskey(api, { credentialId: "other", accountId: 7, kept: [] });
      assert.equal(calls.length, 2);
    }
  });

  test("stays, and no device hears of it, where the password is asked for", async () => {
    const { api, told } = world({ refusal: new ApiError(403, { code: "proof_needed" }) });
    await assert.rejects(removePasskey(api, { credentialId: "other", accountId: 7, kept: [] }), { code: "proof_needed" });
    assert.deepEqual(told, []);
  });
});

describe("the list of passkeys", () => {
  test("is read, and refused where the server gives another form", async () => {
    const [first] = await listPasskeys(world().api);
    assert.deepEqual(first, { id: "row opens", credentialId: "opens", name: "Firefox", madeAt: new Date("2026-11-30T08:00:00Z"), usedAt: null });
    for (const one of [null, { ...PASSKEYS[0], credential_id: "no id" }, { ...PASSKEYS[0], created_at: 7 }]) {
      await assert.rejects(listPasskeys(world({ results: [one] }).api));
    }
  });
});

describe("where a page can ask for no passkey", () => {
  const impossible = { code: "passkey_impossible" };
  for (const [why, hostname, kinds] of [
    ["its address is a number", "127.0.0.1", { parseRequestOptionsFromJSON: () => {} }],
    ["its address is a number of IPv6", "[::1]", { parseRequestOptionsFromJSON: () => {} }],
    ["the browser knows none", "chat.example.org", undefined],
    ["the browser is too old", "chat.example.org", {}],
  ]) {
    test(`each use says so, and asks the server for nothing: ${why}`, async () => {
      const { api, calls } = world();
      globalThis.location = /** @type {any} */ ({ hostname });
      globalThis.PublicKeyCredential = /** @type {any} */ (kinds);
      await assert.rejects(addPasskey(api, { email: "alice@example.org", name: "Firefox" }), impossible);
      await assert.rejects(seedByPasskey(api, "alice@example.org"), impossible);
      await assert.rejects(logInByPasskey(/** @type {any} */ ({ api, left: Promise.resolve() }), {}), impossible);
      assert.deepEqual(calls, []);
    });
  }
});
