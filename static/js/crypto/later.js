/**
 * What the first screen does without: it is made of what was opened before. This is loaded at the first use, or as soon
 * as the browser has nothing better to do.
 */
import { once } from "../lib/once.js";

const envelope = once(() => import("./envelope.js"));
const suite1 = once(() => import("./suite1.js"));
const plaintext = once(() => import("./plaintext.js"));
const identity = once(() => import("./identity.js"));
const proof = once(() => import("./key-proof.js"));
const numbers = once(() => import("./safety-number.js"));

/** @returns {Promise<unknown>} when all of it is here */
export const loadCrypto = () => Promise.all([envelope(), identity(), numbers()]);

/** @type {(...given: Parameters<typeof import("./plaintext.js").encodeReceipt>) => Promise<string>} */
export const encodeReceipt = async (receipt) => (await plaintext()).encodeReceipt(receipt);

/** @type {(body: string) => Promise<import("./plaintext.js").Receipt>} */
export const decodeReceipt = async (body) => (await plaintext()).decodeReceipt(body);

/** @type {typeof import("./envelope.js").sealMessage} */
export const sealMessage = async (request) => (await envelope()).sealMessage(request);

/** @type {typeof import("./envelope.js").openMessage} */
export const openMessage = async (request) => (await envelope()).openMessage(request);

/**
 * @param {any} message
 * @param {string} ownFingerprint
 * @returns {Promise<string>} as the function of that name in envelope.js
 */
export const peerFingerprintOf = async (message, ownFingerprint) =>
  (await envelope()).peerFingerprintOf(message, ownFingerprint);

/** @type {typeof import("./suite1.js").messageHash} */
export const messageHash = async (json) => (await suite1()).messageHash(json);

/** @type {typeof import("./identity.js").signStatement} */
export const signStatement = async (request) => (await identity()).signStatement(request);

/** @type {typeof import("./identity.js").verifyStatement} */
export const verifyStatement = async (request) => (await identity()).verifyStatement(request);

/** @type {typeof import("./key-proof.js").keyProof} */
export const keyProof = async (request) => (await proof()).keyProof(request);

/** @type {typeof import("./safety-number.js").safetyNumber} */
export const safetyNumber = async (people) => (await numbers()).safetyNumber(people);

/** @type {typeof import("./safety-number.js").readCode} */
export const readCode = async (text, people) => (await numbers()).readCode(text, people);
