/** The streams of the server in memory. It checks what the real server checks: revisions, hashes and signatures. */
import { ok, refusal } from "./memory-server.js";
import { base64, hex, isSigned, keysOf, lp, sha256, u32 } from "./memory-vault.js";

const AT_ONCE = 8;
const MOST = { archive: 4096, states: 1 };

export class MemoryStreams {
  #server;

  /** @param {any} server */
  constructor(server) {
    this.#server = server;
  }

  /**
   * @param {any} call
   * @param {any} me
   * @param {string[]} path
   * @param {URL} url
   */
  answer({ method, body }, me, [browser, kind, name], url) {
    if (!browser) {
      return ok({ results: [...me.streams.values()].map(shown) });
    }
    const [stream, number] = [me.streams.get(`${browser} ${kind}`), Number(name)];
    if (method === "PUT") {
      return this.#write(body, me, { browser, kind, number, stream });
    }
    if (!stream || (name && !stream.blobs[number - 1])) {
      return refusal(404, "no_stream");
    }
    const from = Number(url.searchParams.get("from") ?? 1);
    const segment = (blob, index) => ({ number: index + 1, blob, hash: stream.hashes[index] });
    return name ? ok(segment(stream.blobs[number - 1], number - 1)) : ok({ results: stream.blobs.map(segment).slice(from - 1, from - 1 + AT_ONCE) });
  }

  #write({ blob, by, revision, signature }, me, { browser, kind, number, stream = { blobs: [], hashes: [], revision: 0 } }) {
    const account = [me.email, String(me.profile.id), browser, kind];
    const hash = sha256(lp("VibeChat segment", ...account, u32(number), base64(blob))).toString("hex");
    if (stream.signature === signature && stream.revision === revision && stream.hashes[number - 1] === hash) {
      return ok(shown(stream));
    }
    if (revision !== stream.revision + 1 || number > stream.hashes.length + 1) {
      return refusal(409, "stream_changed");
    }
    if (number > MOST[kind]) {
      return refusal(409, "too_many_segments");
    }
    const [blobs, hashes] = [[...stream.blobs], [...stream.hashes]];
    [blobs[number - 1], hashes[number - 1]] = [blob, hash];
    const head = hashes.reduce((before, one) => sha256(lp("VibeChat stream head", before, hex(one))), Buffer.alloc(32));
    const signed = lp("VibeChat stream", ...account, u32(hashes.length), u32(revision), head);
    const keys = keysOf(me.browserList);
    if (!keys.has(by) || (stream.revision === 0 && !keys.has(browser)) || !isSigned(keys.get(by), signed, signature)) {
      return refusal(403, "signature_refused");
    }
    me.streams.set(`${browser} ${kind}`, { browser, kind, revision, by, signature, hashes, blobs });
    this.#server.push(me, { type: "stream_changed", browser, kind, revision });
    return ok(shown(me.streams.get(`${browser} ${kind}`)), revision === 1 ? 201 : 200);
  }
}

function shown({ blobs, ...stream }) {
  return { ...stream, count: blobs.length };
}
