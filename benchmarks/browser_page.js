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

  const VOCABULARY = "a be cat do egg fine go hat in jam kind lot my no on pay quite red so tea up very we yes the train was late".split(" ");
  const randomHex = (length) => hex(crypto.getRandomValues(new Uint8Array(length)));

  /**
   * Stores messages as this browser stores what it has opened: in turn of all peers, each with its chain. The server does not have them.
   * `isArchived`: whether the archive has them already.
   */
  async function rememberChats({ peers, count, isArchived = false }) {
    const { sealRecord } = await import("/static/js/crypto/storage-encryption.js");
    const { messageRecord } = await import("/static/js/model/keys/storage-cipher.js");
    const database = await account();
    const { storageKey } = await done(database.transaction("state").objectStore("state").get("vault"));
    const chains = new Map(peers.map((peer) => [peer, { browser: randomHex(16), previous: null, counter: 0 }]));
    for (let first = 0; first < count; first += 1000) {
      const rows = [];
      for (let number = first; number < Math.min(count, first + 1000); number += 1) {
        const peer = peers[number % peers.length];
        const chain = chains.get(peer);
        chain.counter += 1;
        const { browser, previous, counter } = chain;
        const key = { chat: peer, peer, clientId: crypto.randomUUID(), mine: false, nonce: btoa(randomHex(6)) };
        const body = `older message ${counter}: ${Array.from({ length: 12 }, () => VOCABULARY[Math.floor(Math.random() * VOCABULARY.length)]).join(" ")}`;
        const atMs = Date.UTC(2025, 0, 1) + number * 60_000;
        const content = { type: "text", body, browser, counter, previous, received: [], sent_at: atMs, hash: randomHex(32) };
        chain.previous = content.hash;
        const times = { createdAtMs: atMs, deliveredAtMs: atMs, readAtMs: atMs, seen: true };
        const sealed = await sealRecord(storageKey, messageRecord(key), content);
        rows.push({ id: (number + 1) / (count + 1), ...key, ...times, browser, counter, sealed, ...(isArchived ? {} : { unarchived: 1 }) });
      }
      const transaction = database.transaction("messages", "readwrite");
      rows.forEach((row) => transaction.objectStore("messages").put(row));
      await new Promise((resolve) => (transaction.oncomplete = resolve));
    }
    const transaction = database.transaction("chats", "readwrite");
    for (const peer of peers) {
      const found = await done(transaction.objectStore("chats").get(peer));
      const chat = { id: peer, people: [peer], startId: 0, older: null, clearedAt: 0, unreadBefore: 0, draft: null, accepted: true };
      transaction.objectStore("chats").put(found ?? chat);
    }
    database.close();
  }

  /** How many messages are stored; of an index: how many are in it. */
  async function countStored(index) {
    const database = await account();
    const store = database.transaction("messages").objectStore("messages");
    const count = await done((index ? store.index(index) : store).count());
    database.close();
    return count;
  }

  /** Scrolls back until a message that begins with this text is shown. Resolves with the milliseconds. */
  async function scrollBackTo(beginning) {
    const start = now();
    const log = document.querySelector("[role=log]");
    const scroller = [log, ...function* up(node) { for (let at = node.parentElement; at; at = at.parentElement) yield at; }(log)]
      .find((node) => node.scrollHeight > node.clientHeight + 1 && getComputedStyle(node).overflowY !== "visible");
    while (!texts().some((node) => node.textContent.startsWith(beginning))) {
      scroller.scrollTop = 0;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return now() - start;
  }

  /** The longest time, in milliseconds, in which the page ran no task of its own timer since the last call. */
  let longestMs = 0;
  let lastTick = performance.now();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const time = performance.now();
    longestMs = Math.max(longestMs, time - lastTick);
    lastTick = time;
    setTimeout(() => channel.port2.postMessage(null), 1);
  };
  function blockedMs() {
    const found = longestMs;
    longestMs = 0;
    return found;
  }

  /** Types a query into the search field. Resolves with the milliseconds to the first row, and to the end of the search. */
  async function search(query) {
    const [field, rows, note] = ["#search", "#found-rows", "#found-note"].map((name) => document.querySelector(name));
    blockedMs();
    const start = performance.now();
    field.value = query;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => note.textContent === "Searching…");
    const asked = performance.now();
    let first = null;
    await until(() => {
      if (first === null && rows.children.length > 0 && rows.textContent.toLowerCase().includes(query)) first = performance.now();
      return /found|newest/iu.test(note.textContent);
    });
    const end = performance.now();
    return { typed: asked - start, first: (first ?? end) - asked, whole: end - asked, rows: rows.children.length, blocked: blockedMs() };
  }

  function until(isSo) {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        observer.disconnect();
        resolve();
      };
      const observer = new MutationObserver(look);
      observer.observe(document.querySelector("#found"), { subtree: true, childList: true, characterData: true });
      look();
    });
  }
  channel.port2.postMessage(null);

  window.measuring = { countStored, drawn, enterAndShown, openChat, pending, readable, remember, rememberChats, scrollBackTo, seal, search };
}
