/** The committed vectors (docs/test_vectors) and their people, for the tests beside this file. */
import { readFileSync } from "node:fs";
import { fromHex } from "../../../static/js/lib/bytes.js";

const FOLDER = new URL("../../../docs/test_vectors/", import.meta.url);
const CURVE = { name: "ECDH", namedCurve: "P-256" };

/** @param {string} name of a file in docs/test_vectors */
export function readVectors(name) {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

/** Only tests import private keys; the app generates its own and cannot export them. */
async function importPerson({ email, fingerprint, pkcs8, public_key, identity_pkcs8, identity_key }) {
  const publicKeyBytes = fromHex(public_key);
  const privateKey = await crypto.subtle.importKey("pkcs8", fromHex(pkcs8), CURVE, false, ["deriveBits"]);
  const publicKey = await crypto.subtle.importKey("spki", publicKeyBytes, CURVE, true, []);
  const identity = {
    privateKey: await crypto.subtle.importKey("pkcs8", fromHex(identity_pkcs8), "Ed25519", false, ["sign"]),
    publicKeyBytes: fromHex(identity_key),
  };
  return { email, fingerprint, publicKeyBytes, keyPair: { privateKey, publicKey }, identity };
}

const entries = readVectors("people.json").people;
/** Alice, Bob and Mallory: email, fingerprint, publicKeyBytes, keyPair, identity. */
export const people = Object.fromEntries(
  await Promise.all(entries.map(async (entry) => [entry.name, await importPerson(entry)])),
);
