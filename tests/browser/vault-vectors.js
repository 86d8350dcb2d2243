// What tests/browser/test_vectors.py evaluates in a page: the vectors of vault, ways back and browsers through the code that
// this server serves. Returns the names of the vectors that came out otherwise than they should.
async ({ codes, hpke, invitations, lists, streams, vault, ways }) => {
  const { readBrowsers } = await import("/static/js/crypto/browser-list.js");
  const { Joiner } = await import("/static/js/crypto/browser-invitation.js");
  const { CryptoManager } = await import("/static/js/crypto/crypto.js");
  const { deriveKeyPair } = await import("/static/js/crypto/hpke.js");
  const { checkAccountPair, checkSigningPair } = await import("/static/js/crypto/pairs.js");
  const { readCode } = await import("/static/js/crypto/recovery-code.js");
  const { openSegment, sealSegment } = await import("/static/js/crypto/stream.js");
  const { openVault, verifyVaultWrite } = await import("/static/js/crypto/vault.js");
  const { openBox, sealToWay, wayOf } = await import("/static/js/crypto/ways.js");
  const { fromBase64, fromHex, toHex } = await import("/static/js/lib/bytes.js");

  const wrong = [];
  /** Compares what the work gives, or the reason of its refusal, with what is expected. */
  const expect = async (name, expected, work) => {
    let found;
    try {
      found = await work();
    } catch (error) {
      found = error.name === "DecryptionError" ? "decryption" : (error.reason ?? String(error));
    }
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      wrong.push(`${name}: ${JSON.stringify(found)?.slice(0, 200)}`);
    }
  };
  const accountOf = ({ email, account_id: accountId, generation }) => ({ email, accountId, generation });

  for (const [ikm, point] of [["ikm_r", "pk_r"], ["ikm_e", "enc"]]) {
    await expect(ikm, hpke[point], async () => toHex((await deriveKeyPair(fromHex(hpke[ikm]))).publicBytes));
  }
  for (const { name, text, answer } of codes) {
    await expect(name, Object.entries(answer).sort(), () => Object.entries(readCode(text)).sort());
  }

  const openedBox = (vector) =>
    openBox({ seed: fromHex(vector.seed), box: fromHex(vector.box), ...accountOf(vector) });
  for (const vector of [...ways.boxes, ...ways.refused_boxes]) {
    await expect(vector.name, vector.reason ?? vector.vault_key, async () => toHex(await openedBox(vector)));
  }
  for (const vector of ways.boxes) {
    await expect(`sealed here: ${vector.name}`, vector.vault_key, async () => {
      const [seed, vaultKey] = [fromHex(vector.seed), fromHex(vector.vault_key)];
      const box = await sealToWay({ way: await wayOf(seed, vector.email), vaultKey, ...accountOf(vector) });
      return toHex(await openBox({ seed, box, ...accountOf(vector) }));
    });
  }

  const placeOf = (vector) => ({
    ...accountOf(vector),
    version: vector.version,
    browser: vector.browser,
    previous: fromHex(vector.previous),
    ways: vector.ways.map((way) => ({ ...way, box: fromHex(way.box) })),
    blob: fromBase64(vector.blob),
    vaultKey: fromHex(vector.vault_key),
  });
  for (const vector of vault.vaults) {
    await expect(vector.name, vector.content, () => openVault(placeOf(vector)));
    await expect(`signature of ${vector.name}`, undefined, () => {
      const [hash, signature, signatureKeyBytes] = [vector.hash, vector.signature, vector.signature_key].map(fromHex);
      return verifyVaultWrite({ ...placeOf(vector), hash, signature, signatureKeyBytes });
    });
  }
  for (const { name, reason, changes } of vault.refused_vaults) {
    await expect(name, reason, () => openVault(placeOf({ ...vault.vaults[0], ...changes })));
  }

  const readList = async ({ identity_key, email, bytes }) =>
    (await readBrowsers({ identityKeyBytes: fromHex(identity_key), email, bytes: fromHex(bytes) })).version;
  for (const vector of [...lists.lists, ...lists.refused]) {
    await expect(vector.name, vector.reason ?? vector.version, () => readList(vector));
  }

  const segmentOf = ({ vault_keys: keys, blob, ...place }) => ({
    ...accountOf(place),
    browser: place.browser,
    kind: place.kind,
    number: place.number,
    vaultKeyOf: (generation) => (keys[generation] ? fromHex(keys[generation]) : null),
    blob: fromBase64(blob),
  });
  for (const vector of streams.segments) {
    await expect(vector.name, vector.content, () => openSegment(segmentOf(vector)));
    await expect(`sealed here: ${vector.name}`, vector.content, async () => {
      const sealing = { ...segmentOf(vector), vaultKey: fromHex(vector.vault_keys[1]), generation: 1, month: "2026-11" };
      const { blob } = await sealSegment({ ...sealing, content: vector.content });
      return openSegment({ ...segmentOf(vector), blob });
    });
  }
  for (const { name, reason, changes } of streams.refused_segments) {
    await expect(name, reason, () => openSegment(segmentOf({ ...streams.segments[0], ...changes })));
  }

  const [run] = invitations;
  const { symbols, email, account_id: accountId } = run;
  const privateKey = await CryptoManager.importAccountKey(fromHex(run.new.pkcs8));
  const oneTime = { privateKey, publicKeyBytes: fromHex(run.new.public_key), nonce: fromHex(run.new.nonce) };
  await expect("the digits of an invitation", run.digits, async () => {
    const joiner = new Joiner({ symbols, email, accountId, oneTime });
    const { id, signature_key, name } = run.browser;
    await joiner.takeOffer(fromHex(run.messages.offer), { id, signatureKeyBytes: fromHex(signature_key), name });
    return joiner.takeReveal(fromHex(run.messages.reveal));
  });

  await expect("own keys are exported and imported", [false, false], async () => {
    const [account, identity] = [await CryptoManager.generateKeyPair(), await CryptoManager.generateIdentityKeyPair()];
    const again = await CryptoManager.importAccountKey(account.secret);
    await checkAccountPair(again, account.publicKeyBytes);
    await checkSigningPair(await CryptoManager.importSigningKey(identity.secret), identity.publicKeyBytes);
    return [again.extractable, identity.privateKey.extractable];
  });
  return wrong;
}
