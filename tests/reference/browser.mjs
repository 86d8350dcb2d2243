/**
 * Runs the browser's code for tests in Python: reads a JSON list of requests from standard input and writes the results.
 * Private keys are PKCS #8 in hexadecimal. Only tests import private keys.
 */
import { readFileSync } from "node:fs";
import { openMessage, sealMessage } from "../../static/js/crypto/envelope.js";
import { encodePlaintext } from "../../static/js/crypto/plaintext.js";
import { fromHex, toHex } from "../../static/js/lib/bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };

async function importKeyPair({ pkcs8, public_key }) {
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", fromHex(pkcs8), CURVE, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("spki", fromHex(public_key), CURVE, true, []),
  };
}

async function seal({ own, peer, clientId, content }) {
  return sealMessage({
    ownKeyPair: await importKeyPair(own),
    ownFingerprint: own.fingerprint,
    peerPublicKeyBytes: fromHex(peer.public_key),
    peerFingerprint: peer.fingerprint,
    senderEmail: own.email,
    recipientEmail: peer.email,
    clientId,
    content,
  });
}

async function open({ own, peer, message }) {
  return openMessage({
    ownKeyPair: await importKeyPair(own),
    ownFingerprint: own.fingerprint,
    ownEmail: own.email,
    peerEmail: peer.email,
    message,
    peerPublicKeyBytes: fromHex(peer.public_key),
  });
}

function spell({ content }) {
  return toHex(encodePlaintext(content));
}

const actions = { seal, open, spell };
const answers = [];
for (const request of JSON.parse(readFileSync(0, "utf8"))) {
  answers.push(await actions[request.action](request));
}
process.stdout.write(JSON.stringify(answers));
