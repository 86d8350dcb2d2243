/**
 * Runs the browser's code for tests in Python: reads a JSON list of requests from standard input and writes the results.
 * Private keys are PKCS #8 in hexadecimal. Only tests import private keys.
 */
import { readFileSync } from "node:fs";
import { signBrowsers } from "../../static/js/crypto/browser-list.js";
import { openMessage, sealMessage } from "../../static/js/crypto/envelope.js";
import { encodePlaintext } from "../../static/js/crypto/plaintext.js";
import { makeCode } from "../../static/js/crypto/recovery-code.js";
import { sealVault } from "../../static/js/crypto/vault.js";
import { sealToWay, wayOf } from "../../static/js/crypto/ways.js";
import { fromHex, toBase64, toHex } from "../../static/js/lib/bytes.js";

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

async function sealBox({ seed, vaultKey, ...account }) {
  const way = await wayOf(fromHex(seed), account.email);
  return toHex(await sealToWay({ way, vaultKey: fromHex(vaultKey), ...account }));
}

async function sealContent({ vaultKey, previous, ways, ...place }) {
  const served = ways.map(({ id, kind, box }) => ({ id, kind, box: fromHex(box) }));
  const sealed = await sealVault({ ...place, vaultKey: fromHex(vaultKey), previous: fromHex(previous), ways: served });
  return { blob: toBase64(sealed.blob), hash: toHex(sealed.hash) };
}

async function signList({ pkcs8, browsers, ...list }) {
  const identityPrivateKey = await crypto.subtle.importKey("pkcs8", fromHex(pkcs8), "Ed25519", false, ["sign"]);
  const given = browsers.map((browser) => ({ ...browser, signatureKeyBytes: fromHex(browser.signatureKey) }));
  return toHex(await signBrowsers({ ...list, identityPrivateKey, browsers: given }));
}

const actions = { seal, open, spell, makeCode, sealBox, sealContent, signList };
const answers = [];
for (const request of JSON.parse(readFileSync(0, "utf8"))) {
  answers.push(await actions[request.action](request));
}
process.stdout.write(JSON.stringify(answers));
