import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { hashOfParts, newFileKey, sealFile, sealedLength } from "../../../../static/js/crypto/file-encryption.js";
import { concat, equal, toBase64, toHex } from "../../../../static/js/lib/bytes.js";
import { StorageCipher } from "../../../../static/js/model/keys/storage-cipher.js";
import { Files } from "../../../../static/js/model/files/files.js";
import { wholeParts } from "../../../../static/js/model/files/whole-parts.js";
import { pause } from "../../../../static/js/lib/timing.js";
import { ApiError } from "../../../../static/js/net/net-errors.js";

/** A server that keeps parts. `refuse(call)` gives an answer in its place. */
class Server {
  files = new Map();
  calls = [];
  refuse = () => null;

  async call(method, path, { body } = {}) {
    this.calls.push(`${method} ${path}`);
    const refused = this.refuse(`${method} ${path}`);
    if (refused) throw new ApiError(refused.status, refused.body);
    const [, , id, what] = path.split("/");
    if (method === "POST" && !id) {
      const file = { id: CryptoManager.randomId(), size: body.size, parts: new Map(), isComplete: false };
      this.files.set(file.id, file);
      return { id: file.id };
    }
    if (method === "DELETE") return void this.files.delete(id);
    if (what === "complete") this.files.get(id).isComplete = true;
    if (!this.files.has(id)) throw new ApiError(404, { code: "not_found" });
    return { parts: [...this.files.get(id).parts.keys()].map((number) => ({ number })) };
  }

  async bytes(path, { method, headers, body }) {
    this.calls.push(`${method} ${path}`);
    const refused = this.refuse(`${method} ${path}`);
    if (refused instanceof Error) throw refused;
    if (refused) return Response.json(refused.body, { status: refused.status });
    const [, , id, , number] = path.split("/");
    const file = this.files.get(id);
    if (method === "GET") {
      return new Response(new Blob([...file.parts.entries()].sort(([one], [other]) => one - other).map(([, part]) => part)));
    }
    const part = body;
    assert.equal(headers["Content-Digest"], `sha-256=:${toBase64(await CryptoManager.sha256(part))}:`);
    file.parts.set(Number(number), part);
    return new Response(null, { status: 204 });
  }
}

async function world({ version = 2 } = {}) {
  const server = new Server();
  const sent = [];
  const conversations = {
    change: async (email, action) => void sent.push({ email, ...action }),
    send: async (email, text) => void sent.push({ email, text }),
  };
  const cipher = new StorageCipher(await CryptoManager.generateStorageKey(), "ab".repeat(16));
  const locks = { request: (_, options, work = options) => work({}) };
  const parts = { api: server, cipher, conversations, people: { contentVersion: () => version }, ownEmail: "a@example.org", locks };
  return { server, sent, files: new Files(parts) };
}

function prepared(content, more = {}) {
  const blob = new Blob([content]);
  return { name: "a.txt", type: "text/plain", content: blob, width: 0, height: 0, duration: 0, waveform: "", thumbnail: null, preview: null, ...more };
}

async function settled(files, email, holds) {
  for (let turn = 0; turn < 500 && !holds(files.tray(email)); turn += 1) await pause(5);
  assert.ok(holds(files.tray(email)));
}

const PEER = "b@example.org";
const isDone = ({ uploads }) => uploads.every(({ state }) => state === "done");
const bytes = (length) => Uint8Array.from({ length }, (_, index) => index % 251);

describe("an upload", () => {
  test("is sealed, uploaded, sent with its caption, and opens again", async () => {
    const { server, sent, files } = await world();
    const content = bytes(5_000_000);
    files.add(PEER, prepared(content, { preview: new Blob([bytes(10)]) }));
    await settled(files, PEER, isDone);
    await files.send(PEER, "Look", null);
    const [{ email, caption, files: [entry] }] = sent;
    assert.deepEqual([email, caption, entry.name, entry.size], [PEER, "Look", "a.txt", content.length]);
    const stored = server.files.get(entry.id);
    assert.ok(stored.isComplete && server.files.get(entry.preview.id).isComplete);
    assert.equal(stored.size, sealedLength(content.length));
    assert.equal([...stored.parts.values()].reduce((sum, part) => sum + part.length, 0), stored.size);
    const again = await readerOf(server).content(entry, "file", "text/plain");
    assert.ok(equal(new Uint8Array(await again.arrayBuffer()), content));
    assert.deepEqual(files.tray(PEER).uploads, []);
  });

  test("is sent once it is there, if the person has pressed Send before", async () => {
    const { sent, files } = await world();
    files.add(PEER, prepared(bytes(100)));
    await files.send(PEER, "", null);
    for (let turn = 0; turn < 500 && sent.length === 0; turn += 1) await pause(5);
    assert.equal(sent.length, 1);
  });

  test("is refused before a byte leaves, with what is left", async () => {
    const { server, files } = await world();
    server.refuse = (call) => (call === "POST /files" ? { status: 409, body: { code: "files_full", left: 5 } } : null);
    files.add(PEER, prepared(bytes(100)));
    await settled(files, PEER, ({ uploads }) => uploads[0]?.state === "failed");
    assert.deepEqual(server.calls, ["POST /files"]);
    assert.equal(files.tray(PEER).uploads[0].error.code, "files_full");
    assert.equal(files.tray(PEER).uploads[0].error.facts.left, 5);
  });

  test("that was given up leaves the server", async () => {
    const { server, sent, files } = await world();
    files.add(PEER, prepared(bytes(100)));
    await settled(files, PEER, isDone);
    await files.cancel(files.tray(PEER).uploads[0]);
    await files.send(PEER, "Text", null);
    assert.deepEqual(sent, [{ email: PEER, text: "Text" }]);
    assert.equal(server.files.size, 0);
  });

  test("does not begin for somebody who cannot get files", async () => {
    const { files } = await world({ version: 1 });
    assert.throws(() => files.add(PEER, prepared(bytes(1))), { code: "no_version_2" });
  });

  test("of a twenty-first file is refused", async () => {
    const { files } = await world();
    for (let count = 0; count < 20; count += 1) files.add(PEER, prepared(bytes(1)));
    assert.throws(() => files.add(PEER, prepared(bytes(1))), { code: "too_many_files" });
    await settled(files, PEER, isDone);
  });
});

function readerOf(server) {
  const none = /** @type {any} */ ({});
  return new Files({ api: server, cipher: none, conversations: none, people: none, ownEmail: "b@example.org", locks: none });
}

describe("a file that a hostile peer has announced", () => {
  async function sealedFile(size) {
    const key = newFileKey();
    const parts = [];
    for await (const part of sealFile({ key, purpose: "file", size, read: async (start, end) => bytes(size).slice(start, end) })) parts.push(part);
    const hash = toHex(await hashOfParts(await Promise.all(parts.map((part) => CryptoManager.sha256(part)))));
    const server = new Server();
    const id = CryptoManager.randomId();
    server.files.set(id, { parts: new Map(parts.entries()) });
    return { server, entry: { id, key: toHex(key), size, hash } };
  }

  test("with a huge claimed size takes no memory for it, and is refused", async () => {
    const { server, entry } = await sealedFile(100);
    const claimed = { ...entry, size: 2 ** 45 };
    await assert.rejects(readerOf(server).content(claimed, "file", ""), { reason: "file_size" });
  });

  test("with another size, hash, key or purpose is refused", async () => {
    const { server, entry } = await sealedFile(3000);
    const wrong = [
      [{ ...entry, size: 4000 }, "file", "file_size"],
      [{ ...entry, hash: "00".repeat(32) }, "file", "file_hash"],
      [{ ...entry, key: "00".repeat(32) }, "file", "commitment"],
      [entry, "preview", "commitment"],
    ];
    for (const [file, purpose, reason] of wrong) await assert.rejects(readerOf(server).content(file, purpose, ""), { reason });
    const opened = await readerOf(server).content(entry, "file", "");
    assert.equal(opened.size, 3000);
  });

  test("is asked for again after a failure", async () => {
    const { server, entry } = await sealedFile(3000);
    const reader = readerOf(server);
    server.refuse = () => ({ status: 503, body: { code: "storage_away" } });
    await assert.rejects(reader.content(entry, "file", ""), { code: "storage_away" });
    server.refuse = () => null;
    assert.equal((await reader.content(entry, "file", "")).size, 3000);
  });
});

test("pieces of any length become parts", async () => {
  const size = 5_000_000;
  const sealed = bytes(sealedLength(size));
  for (const step of [1_000_003, 4 * 1024 * 1024, sealed.length]) {
    async function* pieces() {
      for (let at = 0; at < sealed.length; at += step) yield sealed.slice(at, at + step);
    }
    const parts = [];
    for await (const part of wholeParts(pieces(), size, () => {})) parts.push(part);
    assert.deepEqual(parts.map(({ length }) => length), [4 * 1024 * 1024, sealed.length - 4 * 1024 * 1024]);
    assert.ok(equal(concat(...parts), sealed));
  }
});
