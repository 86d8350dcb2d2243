// What tests/browser/test_vectors.py evaluates in a page: the vectors through the code that this server serves.
// Returns the names of the vectors that came out otherwise than they should.
async ({ people, keys, valid, invalid, identity, numbers }) => {
  const { openMessage } = await import("/static/js/crypto/envelope.js");
  const { CryptoManager } = await import("/static/js/crypto/crypto.js");
  const { fingerprint } = await import("/static/js/crypto/fingerprint.js");
  const { checkIdentityKey, signStatement, verifyStatement } = await import("/static/js/crypto/identity.js");
  const { readCode, safetyNumber } = await import("/static/js/crypto/safety-number.js");
  const { fromHex, toHex } = await import("/static/js/lib/bytes.js");
  const curve = { name: "ECDH", namedCurve: "P-256" };

  const keyPairOf = async ({ pkcs8, public_key }) => ({
    privateKey: await crypto.subtle.importKey("pkcs8", fromHex(pkcs8), curve, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("spki", fromHex(public_key), curve, true, []),
  });
  const known = Object.fromEntries(people.map((person) => [person.name, person]));
  const pairs = Object.fromEntries(
    await Promise.all(people.map(async (person) => [person.name, await keyPairOf(person)])),
  );

  const open = (reader, ownEmail, peerEmail, peerPublicKey, message) =>
    openMessage({
      ownKeyPair: pairs[reader],
      ownFingerprint: known[reader].fingerprint,
      ownEmail,
      peerEmail,
      message,
      peerPublicKeyBytes: fromHex(peerPublicKey),
    });
  const refusalOf = async (work) => {
    try {
      await work();
      return "none";
    } catch (error) {
      return error.name === "DecryptionError" ? "decryption" : (error.reason ?? String(error));
    }
  };

  const wrong = [];
  for (const { name, sender, recipient, message, hash, content } of valid) {
    for (const [reader, peer] of [[sender, recipient], [recipient, sender]]) {
      const opened = await open(reader, known[reader].email, known[peer].email, known[peer].public_key, message);
      if (opened.hash !== hash || opened.content.body !== content.body || opened.mine !== (reader === sender)) {
        wrong.push(`${name} for ${reader}`);
      }
    }
  }
  for (const { name, reason, reader, reader_email, peer_email, peer_public_key, message } of invalid) {
    const refusal = await refusalOf(() => open(reader, reader_email, peer_email, peer_public_key, message));
    if (refusal !== reason) {
      wrong.push(`${name}: ${refusal}`);
    }
  }
  for (const key of keys.valid) {
    await CryptoManager.importPublicKey(fromHex(key.public_key));
    if ((await fingerprint(fromHex(key.public_key))) !== key.fingerprint) {
      wrong.push(key.name);
    }
  }
  for (const { name, public_key, reason } of keys.invalid) {
    const refusal = await refusalOf(() => CryptoManager.importPublicKey(fromHex(public_key)));
    if (refusal !== reason) {
      wrong.push(`${name}: ${refusal}`);
    }
  }

  const statementOf = ({ identity_key, email, public_key, identity_signature }) => {
    const [identityKeyBytes, publicKeyBytes, statement] = [identity_key, public_key, identity_signature].map(fromHex);
    return { identityKeyBytes, email, publicKeyBytes, statement };
  };
  for (const vector of identity.valid_statements) {
    const { version, suites } = vector;
    const pkcs8 = fromHex(known[vector.signer].identity_pkcs8);
    const identityPrivateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
    const about = statementOf(vector);
    const found = await verifyStatement(about);
    const signed = await signStatement({ identityPrivateKey, ...about, version, suites });
    if (JSON.stringify(found) !== JSON.stringify({ version, suites }) || toHex(signed) !== vector.identity_signature) {
      wrong.push(vector.name);
    }
  }
  for (const vector of identity.invalid_statements) {
    const refusal = await refusalOf(() => verifyStatement(statementOf(vector)));
    if (refusal !== vector.reason) {
      wrong.push(`${vector.name}: ${refusal}`);
    }
  }
  for (const { name, identity_key, reason } of identity.invalid_keys) {
    const refusal = await refusalOf(() => checkIdentityKey(fromHex(identity_key)));
    if (refusal !== reason) {
      wrong.push(`${name}: ${refusal}`);
    }
  }

  const parties = Object.fromEntries(
    numbers.identities.map(({ name, email, identity_key }) => [name, { email, identityKeyBytes: fromHex(identity_key) }]),
  );
  for (const { name, own, peer, digits, code } of numbers.numbers) {
    const made = await safetyNumber({ own: parties[own], peer: parties[peer] });
    if (made.digits !== digits || made.code !== code) {
      wrong.push(name);
    }
  }
  for (const { name, text, answer } of numbers.codes) {
    const found = await readCode(text, { own: parties.alice, peer: parties.bob });
    if (found !== answer) {
      wrong.push(`${name}: ${found}`);
    }
  }
  return wrong;
};
