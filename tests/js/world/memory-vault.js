/**
 * The vault and the list of browsers of the server in memory. It checks what the real server checks: sizes, versions, hashes,
 * signatures, and the proof of the password.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { ok, refusal } from "./memory-server.js";

const PROOF_MS = 15 * 60_000;
const SPKI_OF_ED25519 = Buffer.from("302a300506032b6570032100", "hex");
const STEPS = ["offer", "answer", "reveal", "details", "grant"];
const ZEROS = "0".repeat(64);

/** @param {any} user a new user of the server in memory */
export function emptyShelf(user) {
  return Object.assign(user, { vaults: [], browserList: null, invitations: new Map(), streams: new Map() });
}

export class MemoryVault {
  #server;

  /** @param {any} server */
  constructor(server) {
    this.#server = server;
  }

  /**
   * @param {any} call
   * @param {any} me
   * @param {any} session of the call
   * @param {string[]} path
   */
  answer({ method, body }, me, session, [area, ...rest]) {
    if (area === "vault") {
      return this.#vault(method, body, me, session, rest);
    }
    return area === "browsers" ? this.#browsers(method, body, me, session, rest) : this.#invitation(method, body, me, session, rest);
  }

  /** @param {any} session */
  isProven(session) {
    return Date.now() - session.provenAtMs < PROOF_MS;
  }

  #vault(method, body, me, session, [versions, number]) {
    if (versions === "versions") {
      const found = me.vaults.find(({ version }) => version === Number(number));
      return number === undefined ? ok({ results: me.vaults.slice(-5).reverse() }) : found ? ok(found) : refusal(404, "no_vault");
    }
    if (method === "PUT") {
      return this.#write(body, me, session);
    }
    if (method === "DELETE" && this.isProven(session)) {
      me.vaults.length = 0;
      me.streams.clear();
      this.#server.push(me, { type: "vault_changed", version: 0 });
      return { status: 204 };
    }
    return me.vaults.length === 0 ? refusal(404, "no_vault") : ok(me.vaults.at(-1));
  }

  #write({ browsers, ...given }, me, session) {
    const present = me.vaults.at(-1);
    if (present && present.hash === given.hash && present.signature === given.signature) {
      return ok(given);
    }
    if (given.hash !== hashOf(given, me) || !headIs(given)) {
      return refusal(400, "invalid");
    }
    const [version, previous] = present ? [present.version + 1, present.hash] : [1, ZEROS];
    if (given.version !== version || given.previous !== previous) {
      return refusal(409, "vault_changed");
    }
    const namesOf = (ways) => ways.map(({ id, kind, box }) => `${id} ${kind} ${box}`).sort().join();
    const isSensitive = !present || given.generation !== present.generation || namesOf(given.ways) !== namesOf(present.ways);
    if ((isSensitive || (browsers && browsers !== me.browserList)) && !this.isProven(session)) {
      return refusal(403, "proof_needed");
    }
    const refused = browsers && this.#refusedList(browsers, me);
    const key = keysOf(browsers ?? me.browserList).get(given.browser);
    if (refused || !key || !isSigned(key, lp("VibeChat vault write", me.email, String(me.profile.id), u32(version), hex(given.hash)), given.signature)) {
      return refused || refusal(403, "signature_refused");
    }
    me.vaults.push(structuredClone(given));
    if (browsers) {
      this.#keepList(browsers, me);
    }
    this.#server.push(me, { type: "vault_changed", version });
    return ok(given, version === 1 ? 201 : 200);
  }

  #invitation(method, body, me, session, [route, step]) {
    if (method === "POST") {
      if (!this.isProven(session)) {
        return refusal(403, "proof_needed");
      }
      if (me.invitations.has(body.route)) {
        return refusal(409, "invitation_taken");
      }
      me.invitations.set(body.route, {});
    }
    const messages = me.invitations.get(route ?? body.route);
    if (!messages) {
      return refusal(404, "invitation_over");
    }
    if (method === "PUT") {
      if (step in messages && messages[step] !== body.message) {
        return refusal(409, "step_taken");
      }
      if (!(step in messages) && STEPS[Object.keys(messages).length] !== step) {
        return refusal(409, "step_out_of_order");
      }
      messages[step] = body.message;
    }
    if (method === "DELETE") {
      me.invitations.delete(route);
    }
    if (method === "PUT" || method === "DELETE") {
      this.#server.push(me, { type: "invitation_changed", route });
    }
    return method === "DELETE" ? { status: 204 } : ok({ ...messages, expires_at: "2030-01-01T00:02:00Z" }, method === "GET" ? 200 : 201);
  }

  #refusedList(browsers, me) {
    if (browsers === me.browserList) {
      return null;
    }
    if (versionOf(browsers) <= versionOf(me.browserList)) {
      return refusal(409, "list_changed");
    }
    const bytes = Buffer.from(browsers, "base64");
    const identity = Buffer.from(me.keys.at(-1)?.identity_key ?? "", "base64");
    const signed = lp("VibeChat browsers", me.email, bytes.subarray(0, -64));
    return isSigned(identity, signed, bytes.subarray(-64).toString("base64")) ? null : refusal(403, "signature_refused");
  }

  #keepList(browsers, me) {
    if (browsers !== me.browserList) {
      me.browserList = browsers;
      this.#server.push(me, { type: "browsers_changed", version: versionOf(browsers) });
      this.#server.endSessionsOutside(me, keysOf(browsers));
    }
  }

  #browsers(method, body, me, session, [action, name]) {
    if (action === "here") {
      if (!keysOf(me.browserList).has(body.browser)) {
        return refusal(404, "browser_not_found");
      }
      session.browser = body.browser;
      return { status: 204 };
    }
    const owner = action === "email" ? this.#server.user(name) : me;
    if (action === "email") {
      return owner?.browserList ? ok({ email: name, browsers: owner.browserList, version: versionOf(owner.browserList) }) : refusal(404, "no_browsers");
    }
    if (method === "PUT") {
      const refused = this.isProven(session) ? this.#refusedList(body.browsers, me) : refusal(403, "proof_needed");
      if (refused) {
        return refused;
      }
      this.#keepList(body.browsers, me);
    }
    const results = [...keysOf(me.browserList).keys()].map((id) => ({ id, last_seen_at: "2030-01-01T00:00:00Z", is_current: id === session.browser }));
    return ok({ browsers: me.browserList, version: versionOf(me.browserList), results });
  }
}

/** @param {string | null} browsers base64 of a signed list */
export function versionOf(browsers) {
  return browsers ? Buffer.from(browsers, "base64").readUInt32BE(0) : 0;
}

/**
 * @param {string | null} browsers base64 of a signed list
 * @returns {Map<string, Buffer>} signature keys by browser
 */
export function keysOf(browsers) {
  const bytes = Buffer.from(browsers ?? "", "base64");
  const keys = new Map();
  let at = 5;
  for (let count = bytes[4] ?? 0; count > 0; count -= 1) {
    keys.set(bytes.toString("hex", at, at + 16), bytes.subarray(at + 16, at + 48));
    at += 53 + bytes[at + 52];
  }
  return keys;
}

function headIs({ blob, generation, version }) {
  const bytes = Buffer.from(blob, "base64");
  return bytes[0] === 1 && bytes.readUInt32BE(1) === generation && bytes.readUInt32BE(5) === version;
}

/** The hash of a version, as docs/protocol.md §14 says. */
export function hashOf({ blob, ways, browser, previous }, me) {
  const sorted = [...ways].sort((left, right) => (left.id < right.id ? -1 : 1));
  const waysHash = sha256(lp("VibeChat ways", ...sorted.flatMap(({ id, kind, box }) => [hex(id), kind, base64(box)])));
  const parts = [me.email, String(me.profile.id), base64(blob), waysHash, browser, hex(previous)];
  return sha256(lp("VibeChat vault hash", ...parts)).toString("hex");
}

export function isSigned(key, data, signature) {
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([SPKI_OF_ED25519, key]), format: "der", type: "spki" });
    return verify(null, data, publicKey, base64(signature));
  } catch {
    return false;
  }
}

/** @param {(string | Buffer)[]} parts */
export function lp(...parts) {
  return Buffer.concat(parts.flatMap((part) => [u32(Buffer.byteLength(part)), Buffer.from(part)]));
}

export function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const hex = (text) => Buffer.from(text, "hex");
export const base64 = (text) => Buffer.from(text, "base64");
export const sha256 = (data) => createHash("sha256").update(data).digest();
