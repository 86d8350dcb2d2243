/**
 * Seals and opens one message, in the steps of docs/protocol.md §7.
 */
import { equal, fromHex, toBase64, toHex } from "../lib/bytes.js";
import { DecryptionError, ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { readEnvelope, readFingerprints, readSuite } from "./envelope-form.js";
import { loadVersion } from "../types/content-types.js";
import { addedMembers } from "./content.js";
import { encodePlaintext, isSupported, messageTypeOf, readPlaintext, untaggedJson, VERSION } from "./plaintext.js";
import { SENT_SUITE, suiteOf } from "./suites.js";

/** @typedef {import("./suites.js").Suite} Suite */

/**
 * The members of the content that the caller gives. `sealMessage` fills in the others.
 * @typedef {Pick<Content, "type" | "browser" | "counter" | "previous" | "received" | "sent_at" | "body">
 *   & import("./content.js").Added & { v?: number }} Draft v: 1 where there is none
 */

/**
 * @typedef {object} SealRequest
 * @property {KeyPair} ownKeyPair
 * @property {string} ownFingerprint 64 lower-case hexadecimal digits
 * @property {Bytes} peerPublicKeyBytes 91 bytes: the key that this browser has accepted for the peer
 * @property {string} peerFingerprint 64 lower-case hexadecimal digits
 * @property {string} senderEmail one's own, normalised
 * @property {string} recipientEmail the peer's, normalised
 * @property {string} clientId a lower-case hyphenated UUID, new for this message
 * @property {Draft} content
 * @property {number} [suite] the one that new messages are sent with, if none is given
 */

/**
 * The body of `POST /api/messages/send`.
 * @typedef {object} SealedMessage
 * @property {string} recipient_email
 * @property {string} ciphertext base64
 * @property {string} nonce base64 of 12 bytes
 * @property {string} salt base64 of 32 bytes
 * @property {string} message_type
 * @property {number} suite
 * @property {string} client_id
 * @property {string} sender_fingerprint 64 lower-case hexadecimal digits
 * @property {string} recipient_fingerprint 64 lower-case hexadecimal digits
 * @property {string} [tag] base64 of 32 bytes: the franking tag of a content that has a salt
 * @property {boolean} [quiet] it does not count as unread (docs/protocol.md §4.5)
 */

/**
 * @typedef {object} OpenRequest
 * @property {KeyPair} ownKeyPair
 * @property {string} ownFingerprint 64 lower-case hexadecimal digits
 * @property {string} ownEmail normalised, as this browser knows it
 * @property {string} peerEmail normalised, as this browser knows it: whose chat the message is to stand in
 * @property {any} message a message object of the server's API; nothing in it is trusted
 * @property {Bytes} peerPublicKeyBytes 91 bytes: a key that this browser has accepted for the peer, and the one that
 *   `peerFingerprintOf` names
 */

/**
 * @typedef {object} OpenedMessage
 * @property {boolean} mine whether one's own key wrote it, not the peer's
 * @property {Content} content
 * @property {string} hash 64 lower-case hexadecimal digits: later messages name this one by it (a skip by its body)
 * @property {boolean} supported false: authentic, but of a type that only a newer version knows
 */

/**
 * Seals one message. A retry does not seal again: it sends the same bytes (docs/protocol.md §7.1).
 * @param {SealRequest} request
 * @returns {Promise<{ envelope: SealedMessage, hash: string }>} the hash is the next message's `previous`
 *   (after a skip, its body is)
 * @throws {ProtocolError} the content or the peer's key is not as docs/protocol.md §3 and §5.1 say
 * @throws {TypeError} the own fingerprint is not the own key's: a mistake in the caller
 */
export async function sealMessage(request) {
  const suite = suiteOf(request.suite ?? SENT_SUITE);
  await loadVersion(request.content.v);
  const peerKey = await peerKeyOf(suite, request, request.peerFingerprint);
  const { header, json, hash } = await tagContent(suite, request);
  const { nonce, salt, ciphertext } = await suite.seal({ ownKeyPair: request.ownKeyPair, peerKey }, header, json);
  const envelope = {
    recipient_email: header.recipientEmail,
    ciphertext: toBase64(ciphertext),
    nonce: toBase64(nonce),
    salt: toBase64(salt),
    message_type: header.messageType,
    suite: suite.SUITE,
    client_id: header.clientId,
    sender_fingerprint: header.senderFingerprint,
    recipient_fingerprint: header.recipientFingerprint,
    ...(header.tag && { tag: toBase64(header.tag) }),
  };
  // Do not send what no other browser would open.
  readEnvelope({ ...envelope, sender_email: header.senderEmail });
  return { envelope, hash };
}

/**
 * Opens one message, one's own or the peer's (docs/protocol.md §7.2).
 * @param {OpenRequest} request
 * @returns {Promise<OpenedMessage>}
 * @throws {ProtocolError} it breaks a rule of the protocol; `reason` is a stable code for the rule
 * @throws {DecryptionError} these two keys did not seal it, or it claims to be one's own and is not
 * @throws {TypeError} the own fingerprint is not the own key's: a mistake in the caller
 */
export async function openMessage(request) {
  const { ownKeyPair, ownFingerprint, message } = request;
  const suite = readSuite(message);
  const envelope = readEnvelope(message);
  const peerFingerprint = peerFingerprintOf(message, ownFingerprint);
  const mine = envelope.senderFingerprint === ownFingerprint;
  checkPeople(request, envelope, mine);
  const peerKey = await peerKeyOf(suite, request, peerFingerprint);
  const content = await readPlaintext(await suite.open({ ownKeyPair, peerKey }, envelope));
  checkAgreement(envelope, content);
  await checkFrankingTag(suite, envelope, content);
  if (mine) {
    await checkSelfTag(suite, request, envelope, content);
  }
  return { mine, content, hash: await suite.messageHash(untaggedJson(content)), supported: isSupported(content) };
}

/**
 * Returns the peer's key that a message names. The message may be opened with this key only, and only if this browser has
 * accepted the key for the peer (docs/protocol.md §3.3).
 * @param {any} message a message object of the server's API
 * @param {string} ownFingerprint 64 lower-case hexadecimal digits
 * @returns {string} 64 lower-case hexadecimal digits
 * @throws {ProtocolError} `malformed`, `unknown_suite`, `fingerprints`, `same_fingerprints`, or `not_our_key`: it was
 *   made for another key than the one that this browser holds
 */
export function peerFingerprintOf(message, ownFingerprint) {
  readSuite(message);
  const { senderFingerprint, recipientFingerprint } = readFingerprints(message);
  if (senderFingerprint === ownFingerprint) {
    return recipientFingerprint;
  }
  if (recipientFingerprint === ownFingerprint) {
    return senderFingerprint;
  }
  throw new ProtocolError("not_our_key");
}

/**
 * @param {SealRequest} request
 * @returns {Header}
 */
function headerOf(request) {
  return {
    senderEmail: request.senderEmail,
    recipientEmail: request.recipientEmail,
    senderFingerprint: request.ownFingerprint,
    recipientFingerprint: request.peerFingerprint,
    clientId: request.clientId,
    messageType: messageTypeOf(request.content),
  };
}

/**
 * @param {Suite} suite
 * @param {SealRequest} request
 * @returns {Promise<{ header: Header, json: Bytes, hash: string }>} the whole content with its self tag, and the message's hash
 * @throws {ProtocolError} the content is not as docs/protocol.md §5.1 says
 */
async function tagContent(suite, request) {
  const { v = VERSION, type, browser, counter, previous, received, sent_at, body } = request.content;
  const people = { from: request.senderEmail, to: request.recipientEmail };
  /** @type {Content} */
  const draft = { v, type, ...people, browser, counter, previous, received, sent_at, ...addedMembers(request.content), self_tag: "", body };
  const untagged = untaggedJson(draft);
  const header = { ...headerOf(request), tag: await tagOf(suite, draft) };
  const selfTag = await suite.selfTag(request, header, untagged);
  const json = encodePlaintext({ ...draft, self_tag: toHex(selfTag) });
  return { header, json, hash: await suite.messageHash(untagged) };
}

/**
 * @param {Suite} suite
 * @param {Content} content
 * @returns {Promise<Bytes | null>} its franking tag; null: it has no salt, which would hide it from the server
 */
async function tagOf(suite, content) {
  return content.salt === undefined ? null : suite.frankingTag(untaggedJson(content), fromHex(content.salt));
}

/**
 * Checks that the recipient could prove this very content to the operators (docs/protocol.md §5.12).
 * @param {Suite} suite
 * @param {Envelope} envelope
 * @param {Content} content
 * @throws {ProtocolError} `tag`: the tag is that of another content
 */
async function checkFrankingTag(suite, { tag }, content) {
  if (tag && !equal(tag, (await tagOf(suite, content)) ?? new Uint8Array())) {
    throw new ProtocolError("tag");
  }
}

/**
 * Checks that one's own key wrote the message. ECDH gives both people the same key, so without this check the peer could
 * forge a message that shows as one's own (docs/protocol.md §5.4).
 * @param {Suite} suite
 * @param {OpenRequest} request
 * @param {Envelope} envelope
 * @param {Content} content
 * @returns {Promise<void>}
 * @throws {DecryptionError} this key did not write it
 */
async function checkSelfTag(suite, request, envelope, content) {
  if (!(await suite.isSelfTag(request, envelope, untaggedJson(content), fromHex(content.self_tag)))) {
    throw new DecryptionError();
  }
}

/**
 * @param {OpenRequest} request
 * @param {Envelope} envelope
 * @param {boolean} mine
 * @returns {void}
 * @throws {ProtocolError} `wrong_people`: it is not between the two people of the chat
 */
function checkPeople({ ownEmail, peerEmail }, { senderEmail, recipientEmail }, mine) {
  const [from, to] = mine ? [ownEmail, peerEmail] : [peerEmail, ownEmail];
  if (senderEmail !== from || recipientEmail !== to) {
    throw new ProtocolError("wrong_people");
  }
}

/**
 * @param {Envelope} envelope
 * @param {Content} content
 * @returns {void}
 * @throws {ProtocolError} `people` or `type`: the envelope and the content differ
 */
function checkAgreement({ senderEmail, recipientEmail, messageType }, content) {
  if (content.from !== senderEmail || content.to !== recipientEmail) {
    throw new ProtocolError("people");
  }
  if (messageType !== messageTypeOf(content)) {
    throw new ProtocolError("type");
  }
}

/**
 * @param {Suite} suite
 * @param {{ ownKeyPair: KeyPair, ownFingerprint: string, peerPublicKeyBytes: Bytes }} keys
 * @param {string} peerFingerprint the key that the message names
 * @returns {Promise<CryptoKey>} the peer's key
 * @throws {ProtocolError} `public_key`; `wrong_peer_key`: another key than the named one; `own_key`: one's own key, or
 *   its negative, as the peer's
 * @throws {TypeError} the own fingerprint is not the own key's
 */
async function peerKeyOf(suite, { ownKeyPair, ownFingerprint, peerPublicKeyBytes }, peerFingerprint) {
  const ownPublicKeyBytes = await CryptoManager.exportPublicKey(ownKeyPair.publicKey);
  if ((await suite.fingerprint(ownPublicKeyBytes)) !== ownFingerprint) {
    throw new TypeError("ownFingerprint is not the fingerprint of ownKeyPair");
  }
  if ((await suite.fingerprint(peerPublicKeyBytes)) !== peerFingerprint) {
    throw new ProtocolError("wrong_peer_key");
  }
  if (suite.isSameKey(ownPublicKeyBytes, peerPublicKeyBytes)) {
    throw new ProtocolError("own_key");
  }
  return suite.importPublicKey(peerPublicKeyBytes);
}
