/** Sounds and videos that play while they are loaded: what the page gets of them, opens and refuses. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { PART_LENGTH, hashOfParts, newFileKey, sealFile } from "../../../../static/js/crypto/file-encryption.js";
import { concat, equal, toBase64, toHex } from "../../../../static/js/lib/bytes.js";
import { Playing } from "../../../../static/js/model/files/playing.js";
import { ApiError, NetworkError } from "../../../../static/js/net/net-errors.js";

const SIZE = 22_000_000;
const MIDDLE = 13_000_000;
const content = Uint8Array.from({ length: SIZE }, (_, index) => (index * 7919) >>> 8);
/** @type {{ parts: Bytes[], hashes: Bytes[], entry: any }} */
let sealed;

before(async () => {
  const key = newFileKey();
  const parts = [];
  for await (const part of sealFile({ key, purpose: "file", size: SIZE, read: async (start, end) => content.slice(start, end) })) parts.push(part);
  const hashes = await Promise.all(parts.map((part) => CryptoManager.sha256(part)));
  const hash = toHex(await hashOfParts(hashes));
  sealed = { parts, hashes, entry: { id: "ab".repeat(16), key: toHex(key), size: SIZE, hash, type: "video/webm" } };
});

/** A server that keeps the file, and changes its answers. */
function newServer({ hashes = sealed.hashes, change = (part) => part, fail = () => null } = {}) {
  const whole = concat(...sealed.parts);
  const server = {
    asked: /** @type {(number | string)[]} */ ([]),
    parts: async () => {
      server.asked.push("hashes");
      return { parts: hashes.map((hash, number) => ({ number, sha256: toBase64(hash) })) };
    },
    async *content(id, signal, { start, end }) {
      server.asked.push(start / PART_LENGTH);
      const error = fail(server.asked.length);
      if (error) throw error;
      const part = change(whole.slice(start, end), start / PART_LENGTH);
      for (let at = 0; at < part.length; at += 1_000_003) yield part.slice(at, at + 1_000_003);
    },
  };
  return server;
}

function newWorkers() {
  const workers = {
    controller: {},
    listener: /** @type {any} */ (null),
    addEventListener: (name, listener) => (workers.listener = listener),
    ask: (play) => new Promise((resolve) => workers.listener({ data: { play }, ports: [{ postMessage: resolve }] })),
  };
  return workers;
}

/** @returns {any} */
function playing(server, workers = newWorkers()) {
  return new Playing({ files: /** @type {any} */ (server), workers: /** @type {any} */ (workers) });
}

const playedOn = (server) => playing(server).of(sealed.entry);

describe("a video", () => {
  test("is opened from the middle with the part that has it and the first, which has the header", async () => {
    const server = newServer();
    const { status, start, size, type, bytes } = await playedOn(server).range(MIDDLE, null);
    assert.deepEqual([status, start, size, type], [206, MIDDLE, SIZE, "video/webm"]);
    assert.ok(bytes.length > 0 && bytes.length <= 1024 * 1024);
    assert.ok(equal(bytes, content.slice(MIDDLE, MIDDLE + bytes.length)));
    assert.deepEqual(server.asked, ["hashes", 0, 3]);
  });

  test("is the same bytes from the beginning to the end, and each part is asked for once", async () => {
    const server = newServer();
    const played = playedOn(server);
    let at = 0;
    while (at < SIZE) {
      const { bytes } = await played.range(at, null);
      assert.ok(equal(bytes, content.subarray(at, at + bytes.length)));
      at += bytes.length;
    }
    assert.equal(at, SIZE);
    assert.deepEqual(server.asked, ["hashes", 0, 1, 2, 3, 4, 5]);
  });

  test("answers no more than was asked for", async () => {
    const played = playedOn(newServer());
    assert.ok(equal((await played.range(0, 2)).bytes, content.slice(0, 2)));
    assert.ok(equal((await played.range(SIZE - 3, SIZE + 100)).bytes, content.slice(-3)));
    for (const [start, end] of [[SIZE, null], [5, 5], [5, 4], [SIZE + 9, SIZE + 10]]) {
      assert.deepEqual(await played.range(start, end), { status: 416, size: SIZE });
    }
  });

  test("keeps four parts in memory", async () => {
    const server = newServer();
    const played = playedOn(server);
    for (const number of [0, 1, 2, 3, 4, 0]) await played.range(number * PART_LENGTH + 100, number * PART_LENGTH + 200);
    assert.deepEqual(server.asked, ["hashes", 0, 1, 2, 3, 4, 0]);
  });

  test("is asked for again after a failure that may pass", async () => {
    const server = newServer({ fail: (call) => (call === 2 ? new NetworkError(new Error()) : null) });
    assert.equal((await playedOn(server).range(0, 10)).status, 206);
  });

  test("that is no longer on the server is not played, and says so", async () => {
    const played = playedOn(newServer({ fail: () => new ApiError(404, { code: "not_found" }) }));
    assert.deepEqual(await played.range(0, 10), { status: 404 });
    assert.equal(/** @type {any} */ (played.error).status, 404);
  });
});

describe("nothing is played of a video", () => {
  const reason = async (options, at = MIDDLE) => {
    const played = playedOn(newServer(options));
    assert.deepEqual(await played.range(at, null), { status: 404 });
    return played.error.reason;
  };

  test("with a changed, cut or lengthened part, or another part in its place", async () => {
    const flipped = (part) => part.map((byte, index) => (index === 99 ? byte ^ 1 : byte));
    assert.equal(await reason({ change: (part, number) => (number === 3 ? flipped(part) : part) }), "file_hash");
    assert.equal(await reason({ change: (part) => part.slice(1) }), "file_size");
    assert.equal(await reason({ change: (part) => concat(part, part) }), "file_size");
    assert.equal(await reason({ change: (part, number) => (number === 3 ? sealed.parts[2] : part) }), "file_hash");
  });

  test("with hashes of parts that do not give the message's hash", async () => {
    const [first, second, ...others] = sealed.hashes;
    assert.equal(await reason({ hashes: [second, first, ...others] }), "file_hash");
    assert.equal(await reason({ hashes: sealed.hashes.slice(1) }), "file_size");
    assert.equal(await reason({ hashes: [...sealed.hashes, first] }), "file_size");
  });

  test("that claims another size, key or hash", async () => {
    const wrong = [[{ size: 2 ** 45 }, "file_size"], [{ key: "00".repeat(32) }, "commitment"], [{ hash: "00".repeat(32) }, "file_hash"]];
    for (const [change, expected] of wrong) {
      const played = playing(newServer()).of({ ...sealed.entry, ...change });
      await played.range(0, null);
      assert.equal(played.error.reason, expected);
    }
  });
});

describe("the page", () => {
  test("answers the worker for what it plays, and for nothing else", async () => {
    const workers = newWorkers();
    const played = playing(newServer(), workers).of(sealed.entry);
    const { status, bytes } = await workers.ask({ name: played.name, start: 0, end: 5 });
    assert.deepEqual([status, bytes], [206, content.slice(0, 5)]);
    assert.equal(bytes.buffer.byteLength, 5, "nothing else is in the buffer that is handed over");
    assert.deepEqual(await workers.ask({ name: "another", start: 0, end: 5 }), { status: 404 });
    workers.listener({ data: "tidy", ports: [] });
    workers.listener({ data: { play: { name: played.name } }, ports: [] });
  });

  test("gets as a whole what has one part, what is not played, and all without a worker", () => {
    const { entry } = sealed;
    assert.equal(playing(newServer()).of({ ...entry, size: 100_000 }), null);
    assert.equal(playing(newServer()).of({ ...entry, type: "text/html" }), null);
    assert.equal(playing(newServer(), /** @type {any} */ ({ ...newWorkers(), controller: null })).of(entry), null);
    assert.equal(new Playing({ files: /** @type {any} */ (newServer()), workers: undefined }).of(entry), null);
  });

  test("names each play differently, and the file in none", () => {
    const page = playing(newServer());
    const [one, other] = [page.of(sealed.entry), page.of(sealed.entry)];
    assert.match(one.address, /^\/files\/play\/[0-9a-f]{32}$/);
    assert.notEqual(one.address, other.address);
    assert.ok(!one.address.includes(sealed.entry.id));
  });
});
