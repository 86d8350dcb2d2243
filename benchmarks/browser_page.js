/** Measurements inside a page. Times are of the machine's clock, which all its browsers share. */
{
  const now = () => performance.timeOrigin + performance.now();
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const texts = () => [...document.querySelectorAll("[role=log] .message-text")];

  /** The time of the next frame in which this is the newest message of the log. */
  const drawn = (text) => seen(() => texts().at(-1)?.textContent === text);

  /** The time of the next frame in which all visible messages are decrypted; some begin with this text. */
  const readable = (beginning) => seen(() => {
    const inSight = texts().filter((node) => {
      const { top, bottom } = node.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    const isOpen = inSight.every((node) => !node.classList.contains("opening"));
    return isOpen && inSight.some((node) => node.textContent.startsWith(beginning));
  });

  function seen(isSo) {
    return new Promise((resolve) => {
      const observer = new MutationObserver(look);
      function look() {
        if (isSo()) {
          observer.disconnect();
          requestAnimationFrame(() => resolve(now()));
        }
      }
      observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      look();
    });
  }

  async function openChat(email, text) {
    const start = now();
    document.querySelector(`#chats a[href$="${CSS.escape(email)}"], #chats a[href*="${email}"]`).click();
    return (await drawn(text)) - start;
  }

  /** The time of the next Enter in the composer, and the time when its text is in the log. */
  function enterAndShown(text) {
    return new Promise((resolve) => {
      const composer = document.querySelector("#composer-text");
      composer.addEventListener("keydown", async ({ timeStamp }) => {
        const enter = performance.timeOrigin + timeStamp;
        resolve({ enter, shown: await drawn(text) });
      }, { once: true });
    });
  }

  async function account() {
    for (const { name } of await indexedDB.databases()) {
      if (name.includes("@")) {
        return done(indexedDB.open(name));
      }
    }
  }

  async function pending() {
    const database = await account();
    const count = await done(database.transaction("messages").objectStore("messages").index("pending").count());
    database.close();
    return count;
  }

  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  /** Encrypts this number of messages of this person. */
  async function seal({ own, peer, first, count }) {
    const { sealMessage } = await import("/static/js/crypto/envelope.js");
    const database = await account();
    const stores = database.transaction(["keys", "people"]);
    const [pair] = await done(stores.objectStore("keys").getAll());
    const { pinned, keys } = await done(stores.objectStore("people").get(peer));
    database.close();
    const browser = hex(crypto.getRandomValues(new Uint8Array(16)));
    const envelopes = [];
    let previous = null;
    for (let counter = 1; counter <= count; counter += 1) {
      const body = `message ${first + counter - 1}`;
      const { envelope, hash } = await sealMessage({
        ownKeyPair: pair,
        ownFingerprint: pair.fingerprint,
        peerPublicKeyBytes: keys.find(({ fingerprint }) => fingerprint === pinned).publicKeyBytes,
        peerFingerprint: pinned,
        senderEmail: own,
        recipientEmail: peer,
        clientId: crypto.randomUUID(),
        content: { type: "text", browser, counter, previous, received: [], sent_at: Date.now(), body },
      });
      envelopes.push(envelope);
      previous = hash;
    }
    return envelopes;
  }

  /** Stores older messages as this browser stores decrypted ones. The server does not have them. */
  async function remember({ peer, count }) {
    const { sealRecord } = await import("/static/js/crypto/storage-encryption.js");
    const { messageRecord } = await import("/static/js/model/keys/storage-cipher.js");
    const database = await account();
    const { storageKey } = await done(database.transaction("state").objectStore("state").get("vault"));
    const browser = hex(crypto.getRandomValues(new Uint8Array(16)));
    const rows = [];
    for (let number = 1; number <= count; number += 1) {
      const clientId = crypto.randomUUID();
      const key = { chat: peer, peer, clientId, mine: false, nonce: "" };
      const body = `older message ${number}`;
      const content = { type: "text", body, browser, counter: number, previous: null, received: [], sent_at: 1, hash: "" };
      const atMs = Date.UTC(2025, 0, 1) + number * 60_000;
      const times = { createdAtMs: atMs, deliveredAtMs: atMs, readAtMs: atMs, seen: true };
      rows.push({ id: number / (count + 1), ...key, ...times, browser, counter: number, sealed: await sealRecord(storageKey, messageRecord(key), content) });
    }
    const transaction = database.transaction("messages", "readwrite");
    rows.forEach((row) => transaction.objectStore("messages").put(row));
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  }

  window.measuring = { drawn, enterAndShown, openChat, pending, readable, remember, seal };
}
