/**
 * A small honest server in memory: the part of the contract that the browser's model uses. It treats messages as opaque.
 * Tests can change its answers.
 */
import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { MemoryStreams } from "./memory-streams.js";
import { emptyShelf, MemoryVault } from "./memory-vault.js";

export const SERVER_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .publicKey.export({ type: "spki", format: "der" })
  .toString("base64");
const NEW_YEAR_MS = Date.UTC(2030, 0, 1);

/** @typedef {{ status: number, body?: any, headers?: Record<string, string> }} Answer */

export class Server {
  /** @type {Map<string, any>} by email */
  users = new Map();
  /** @type {any[]} */
  messages = [];
  /** @type {{ method: string, path: string, host: string, body: any, token: string | null }[]} */
  calls = [];
  /** @type {Set<Socket>} */
  sockets = new Set();
  acceptsSockets = true;
  pushes = true;
  isReachable = true;
  /** whether messages of blocked people are kept from those who have blocked them */
  withholds = true;
  /** Answers in the server's place: an Answer, or nothing to let it go on. @type {(call: any) => any} */
  intercept = () => undefined;
  /** Called with each answer before it is sent. Returns the answer, or throws to lose it. */
  /** @type {(call: any, answer: Answer) => Answer} */
  tamper = (_call, answer) => answer;
  #tokens = new Map();
  #cookies = new Map();
  /** @type {Map<string, { provenAtMs: number, browser?: string }>} by host: each browser has one */
  #sessions = new Map();
  #vault = new MemoryVault(this);
  #streams = new MemoryStreams(this);
  #ids = 0;

  install() {
    const server = this;
    globalThis.fetch = (address, init) => server.#fetch(new URL(String(address)), init);
    // @ts-ignore: as much of a WebSocket as the model uses
    globalThis.WebSocket = class extends Socket {
      constructor(/** @type {string} */ url) {
        super(server, url);
      }
    };
  }

  /** @param {string} email */
  user(email) {
    return this.users.get(email);
  }

  /** @param {string} path a part of it */
  callsTo(path) {
    return this.calls.filter((call) => call.path.includes(path) && call.body?.message_type !== "receipt");
  }

  sends() {
    return [...this.callsTo("/messages/send"), ...this.framesOf("send_message")];
  }

  /** @type {any[]} */
  frames = [];

  /** @param {string} type */
  framesOf(type) {
    const frames = this.frames.filter((frame) => frame.type === type && frame.message_type !== "receipt");
    return frames.map((body) => ({ body }));
  }

  /** Ends all sessions: refuses each refresh cookie and token. */
  endSessions() {
    this.#tokens.clear();
    this.#cookies.clear();
    [...this.sockets].forEach((socket) => socket.shut(4401));
  }

  expireTokens() {
    this.#tokens.clear();
  }

  /** The passwords were shown long ago. */
  expireProofs() {
    this.#sessions.forEach((session) => (session.provenAtMs = 0));
  }

  /**
   * Ends the sessions of browsers that are in the list no more.
   * @param {any} user
   * @param {Map<string, unknown>} browsers by id
   */
  endSessionsOutside(user, browsers) {
    for (const [host, { browser }] of this.#sessions) {
      if (this.#cookies.get(host) === user.email && browser && !browsers.has(browser)) {
        this.#cookies.delete(host);
        [...this.#tokens].filter(([token]) => token.startsWith(`${host} `)).forEach(([token]) => this.#tokens.delete(token));
        [...this.sockets].filter((socket) => new URL(socket.url).host === host).forEach((socket) => setImmediate(() => socket.shut(4401)));
      }
    }
  }

  /** @param {string} host */
  hasCookie(host) {
    return this.#cookies.has(host);
  }

  /**
   * @param {URL} url
   * @param {any} init
   */
  async #fetch(url, init) {
    await undefined;
    if (!this.isReachable) {
      throw new TypeError("fetch failed");
    }
    const token = init.headers.Authorization?.slice("Bearer ".length) ?? null;
    const body = init.body ? JSON.parse(init.body) : undefined;
    const call = { method: init.method, path: url.pathname + url.search, host: url.host, body, token };
    this.calls.push(call);
    const answer = this.tamper(call, this.intercept(call) ?? this.#answer(call, url));
    const text = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(text, { status: answer.status, headers: answer.headers ?? {} });
  }

  /**
   * @param {any} call
   * @param {URL} url
   * @returns {Answer}
   */
  #answer(call, url) {
    const [, , area, ...rest] = url.pathname.split("/").map(decodeURIComponent);
    if (area === "auth" && rest[0] !== "proof") {
      return this.#auth(call, rest[0]);
    }
    const me = this.#tokens.get(call.token);
    if (!me) {
      return refusal(401, "token_not_valid");
    }
    if (area === "auth") {
      return this.#prove(call, me);
    }
    if (area === "keys") {
      return this.#keys(call, me, rest);
    }
    if (area === "streams") {
      return this.#streams.answer(call, me, rest, url);
    }
    if (["vault", "browsers", "invitations"].includes(area)) {
      return this.#vault.answer(call, me, this.#sessions.get(call.host), [area, ...rest]);
    }
    if (area === "blocks") {
      return this.#blocks(call, me, rest[0]);
    }
    return area === "contacts" ? this.#contacts(call, me) : this.#mail(call, me, rest, url);
  }

  #prove({ method, host, body }, me) {
    if (method === "GET") {
      return ok({ is_proven: this.#vault.isProven(this.#sessions.get(host)) });
    }
    if (body.password !== me.password) {
      return refusal(400, "wrong_password");
    }
    this.#sessions.get(host).provenAtMs = Date.now();
    return { status: 204 };
  }

  #auth({ host, body, token }, action) {
    if (action === "register") {
      if (this.users.has(body.email)) {
        return refusal(409, "email_taken");
      }
      this.users.set(body.email, newUser(this.users.size + 1, body));
    }
    if (action === "register" || action === "login") {
      const user = this.user(body.email);
      this.#cookies.set(host, user.email);
      this.#sessions.set(host, { provenAtMs: Date.now() });
      return ok({ user: user.profile, access: this.#newToken(user, host) }, action === "register" ? 201 : 200);
    }
    if (action === "logout") {
      this.#cookies.delete(host);
      return { status: 204 };
    }
    if (action === "me") {
      const me = this.#tokens.get(token);
      return me ? ok(me.profile) : refusal(401, "token_not_valid");
    }
    const user = this.user(this.#cookies.get(host));
    return user ? ok({ access: this.#newToken(user, host) }) : refusal(401, "not_authenticated");
  }

  #newToken(user, host) {
    const token = `${host} ${randomUUID()}`;
    this.#tokens.set(token, user);
    return token;
  }

  #keys({ body }, me, [kind, name]) {
    if (kind === "challenge") {
      return ok({ challenge: randomUUID(), server_key: SERVER_KEY });
    }
    if (kind === "upload") {
      if (body.replaces && body.replaces !== me.keys.at(-1)?.fingerprint) {
        return refusal(409, "key_changed");
      }
      const known = me.keys.find((key) => key.public_key === body.public_key);
      me.keys = [...me.keys.filter((key) => key !== known), keyObject(me.email, body.public_key, { ...known, ...body })];
      return ok(me.keys.at(-1), known ? 200 : 201);
    }
    if (kind === "fingerprint") {
      const all = [...this.users.values()].flatMap(({ keys }) => keys);
      const found = all.find((key) => key.fingerprint === name);
      return found ? ok(found) : refusal(404, "not_found");
    }
    const key = (kind === "me" ? me : this.user(name))?.keys.at(-1);
    return key ? ok(key) : refusal(404, "not_found");
  }

  #contacts({ method, body }, me) {
    if (method === "GET") {
      return ok({ results: [...me.contacts].map((email) => this.#contact(email)) });
    }
    const email = body.email.toLowerCase();
    if (!this.users.has(email)) {
      return refusal(404, "user_not_found");
    }
    if (!me.contacts.has(email)) {
      me.contacts.add(email);
      this.push(me, { type: "people_changed" });
    }
    return ok(this.#contact(email), 201);
  }

  /** The id of a block is the place of the blocked person among all users. */
  #blocks({ method, body }, me, id) {
    const all = [...this.users.keys()];
    if (method === "GET") {
      return ok({ results: [...me.blocks].map((email) => ({ ...this.#contact(email), id: all.indexOf(email) + 1 })) });
    }
    const email = body?.email ?? all[id - 1];
    if (!this.users.has(email)) {
      return refusal(404, "user_not_found");
    }
    if (method === "DELETE") {
      me.blocks.delete(email);
    } else {
      me.blocks.add(email);
    }
    this.push(me, { type: "people_changed" });
    return method === "DELETE" ? { status: 204 } : ok({ ...this.#contact(email), id: all.indexOf(email) + 1 }, 201);
  }

  #contact(email) {
    return { id: 1, email, display_name: this.user(email).profile.display_name, created_at: time(1) };
  }

  #mail(call, me, [kind, name], url) {
    const after = Number(url.searchParams.get("after") ?? 0);
    if (call.method === "DELETE" && kind !== "conversation") {
      return this.#remove(me, Number(kind), url.searchParams.get("for"));
    }
    switch (kind) {
      case "send":
        return this.send(me, call.body).answer;
      case "sync":
        return this.#sync(me, after);
      case "conversations":
        return ok({ results: this.#list(me), sequence: me.sequence });
      case "receipts":
        return this.#receipts(me, call.body);
      default:
        return call.method === "DELETE" ? this.#clear(me, name, Number(url.searchParams.get("through") ?? Infinity)) : this.#page(me, name, url);
    }
  }

  /**
   * @param {any} me
   * @param {any} body
   * @returns {{ answer: Answer, sequence: number }}
   */
  send(me, body) {
    const same = this.messages.find((m) => m.sender_email === me.email && m.client_id === body.client_id);
    if (same) {
      const isSame = Object.entries(body).every(([name, value]) => same[name] === value);
      return isSame ? { answer: ok(same), sequence: me.numbers.get(same.id) } : no(409, "client_id_conflict");
    }
    const peer = this.user(body.recipient_email);
    if (!peer) {
      return no(404, "user_not_found");
    }
    const isStale = [[me, body.sender_fingerprint], [peer, body.recipient_fingerprint]]
      .some(([owner, named]) => owner.keys.at(-1)?.fingerprint !== named);
    return isStale ? no(409, "stale_key") : this.#insert(me, peer, body);
  }

  #insert(me, peer, body) {
    this.#ids += 1;
    const known = { delivered_at: null, read_at: null, created_at: time(this.#ids) };
    const message = { id: this.#ids, sender_email: me.email, ...body, ...known, ...(body.tag && { stamp: btoa("s".repeat(32)) }) };
    this.messages.push(message);
    for (const owner of peer.blocks.has(me.email) && this.withholds ? [me] : [me, peer]) {
      this.#note(owner, { type: "new_message", message }, message.id);
    }
    return { answer: ok(message, 201), sequence: me.sequence };
  }

  /** The messages without receipts: what people have written. */
  get texts() {
    return this.messages.filter((message) => message.message_type !== "receipt");
  }

  /** Restores the state before the first message. */
  forgetAll() {
    this.messages.length = 0;
    this.#ids = 0;
  }

  /** Puts any message into somebody's mailbox, as a hostile server would. */
  plant(email, message) {
    this.#ids += 1;
    const known = { id: this.#ids, delivered_at: null, read_at: null, created_at: time(this.#ids) };
    const planted = { ...known, ...message };
    this.messages.push(planted);
    this.#note(this.user(email), { type: "new_message", message: planted }, planted.id);
    return planted;
  }

  #note(owner, event, id) {
    owner.sequence += 1;
    if (id) {
      owner.numbers.set(id, owner.sequence);
    } else {
      owner.clearings.push({ ...event, sequence: owner.sequence });
    }
    this.push(owner, { ...event, sequence: owner.sequence });
  }

  push(owner, event) {
    if (this.pushes) {
      [...this.sockets].filter((socket) => socket.user === owner).forEach((socket) => socket.tell(event));
    }
  }

  #sync(me, after) {
    if (after > me.sequence) {
      return refusal(400, "sequence_ahead");
    }
    const news = this.#visible(me).map((message) => {
      return { type: "new_message", sequence: me.numbers.get(message.id), message };
    });
    const all = [...news, ...me.clearings].filter(({ sequence }) => sequence > after);
    all.sort((left, right) => left.sequence - right.sequence);
    const events = all.slice(0, 200);
    const more = all.length > events.length;
    return ok({ events, cursor: more ? events.at(-1)?.sequence : me.sequence, more });
  }

  #visible(me) {
    return this.messages.filter(({ id }) => me.numbers.has(id));
  }

  #between(me, email) {
    return this.#visible(me).filter((m) => [m.sender_email, m.recipient_email].includes(email)).reverse();
  }

  #list(me) {
    const peerOf = (m) => (m.sender_email === me.email ? m.recipient_email : m.sender_email);
    const others = new Set(this.#visible(me).map(peerOf));
    return [...others].map((email) => {
      const messages = this.#between(me, email).filter((m) => m.message_type !== "receipt");
      const unread = messages.filter((m) => m.recipient_email === me.email && !m.read_at).length;
      return { email, display_name: this.user(email).profile.display_name, last_message: messages[0], unread };
    });
  }

  #page(me, email, url) {
    const size = Number(url.searchParams.get("page_size") ?? 50);
    const before = Number(url.searchParams.get("before") ?? Infinity);
    const older = this.#between(me, email).filter(({ id }) => id < before);
    const results = older.slice(0, size);
    const next = `http://elsewhere.example${url.pathname}?page_size=${size}&before=${results.at(-1)?.id}`;
    return ok({ results, next: older.length > size ? next : null, previous: null });
  }

  #receipts(me, { delivered, read }) {
    const changed = new Set();
    for (const message of this.messages.filter((m) => m.recipient_email === me.email)) {
      const isRead = read.includes(message.id) && !message.read_at;
      const isDelivered = (isRead || delivered.includes(message.id)) && !message.delivered_at;
      message.read_at = isRead ? time(message.id) : message.read_at;
      message.delivered_at = isDelivered ? time(message.id) : message.delivered_at;
      if (isRead || isDelivered) {
        changed.add(message);
      }
    }
    changed.forEach((message) => this.#noteStatus(message));
    return ok({ updated: changed.size });
  }

  #noteStatus(message) {
    const { id, client_id, delivered_at, read_at } = message;
    for (const email of [message.sender_email, message.recipient_email]) {
      if (this.user(email)?.numbers.has(id)) {
        this.#note(this.user(email), { type: "message_status", message: { id, client_id, delivered_at, read_at } }, id);
      }
    }
  }

  #remove(me, id, whom) {
    const message = this.#visible(me).find((one) => one.id === id && (whom === "me" || one.sender_email === me.email));
    if (!message) {
      return refusal(404, "not_found");
    }
    const { client_id, recipient_email: peer } = message;
    for (const owner of whom === "me" ? [me] : [me, this.user(peer)]) {
      owner.numbers.delete(id);
      this.#note(owner, { type: "message_deleted", message: { id, client_id } });
    }
    if (whom === "everyone") {
      this.messages.splice(this.messages.indexOf(message), 1);
    }
    return { status: 204 };
  }

  #clear(me, email, through) {
    const ids = this.#between(me, email).map(({ id }) => id).filter((id) => id <= through);
    ids.forEach((id) => me.numbers.delete(id));
    if (ids.length > 0) {
      this.#note(me, { type: "conversation_cleared", email });
    }
    return ok({ cleared: ids.length });
  }

  /** @param {string} token */
  userOf(token) {
    return this.#tokens.get(token);
  }
}

class Socket {
  static OPEN = 1;
  readyState = 0;
  user = null;

  constructor(server, url) {
    this.server = server;
    this.url = url;
    setImmediate(() => this.#open());
  }

  #open() {
    if (!this.server.acceptsSockets || !this.server.isReachable) {
      this.shut(1006);
      return;
    }
    this.readyState = 1;
    this.server.sockets.add(this);
    this.onopen?.();
  }

  send(text) {
    const frame = JSON.parse(text);
    this.server.frames.push(frame);
    const answer = this.server.socketAnswer?.(frame, this);
    if (answer === undefined) {
      setImmediate(() => this.#answer(frame));
    }
  }

  #answer(frame) {
    if (frame.type === "connect") {
      this.user = this.server.userOf(frame.token);
      if (!this.user) {
        this.shut(4401);
        return;
      }
      this.tell({ type: "connected", user: this.user.profile, sequence: this.user.sequence });
    } else if (frame.type === "keep_alive") {
      this.tell({ type: "alive" });
    } else if (frame.type === "send_ephemeral") {
      const { recipient_email: email, payload } = frame;
      this.server.push(this.server.user(email), { type: "ephemeral", sender_email: this.user.email, payload });
    } else {
      const { type, ...body } = frame;
      const { answer, sequence } = this.server.send(this.user, body);
      const isAccepted = answer.status < 300;
      this.tell(isAccepted
        ? { type: "message_accepted", sequence, message: answer.body }
        : { type: "error", client_id: body.client_id, ...answer.body });
    }
  }

  tell(frame) {
    const text = JSON.stringify(frame);
    setImmediate(() => this.readyState === 1 && this.onmessage?.({ data: text }));
  }

  shut(code) {
    this.readyState = 3;
    this.server.sockets.delete(this);
    this.onclose?.({ code });
  }

  close() {
    this.readyState = 3;
    this.server.sockets.delete(this);
  }
}

function newUser(id, { email, password, display_name: displayName }) {
  const profile = { id, email, display_name: displayName, created_at: time(id) };
  return emptyShelf({ email, password, profile, keys: [], contacts: new Set(), blocks: new Set(), sequence: 0, numbers: new Map(), clearings: [] });
}

/** @param {{ identity_key?: string | null, identity_signature?: string | null }} [signed] */
export function keyObject(email, publicKey, { identity_key = null, identity_signature = null } = {}) {
  const fingerprint = createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex");
  const times = { created_at: time(1), updated_at: time(1) };
  return { email, public_key: publicKey, fingerprint, algorithm: "ECDH", identity_key, identity_signature, ...times };
}

export function ok(body, status = 200) {
  return { status, body: structuredClone(body) };
}

export function refusal(status, code, headers = {}) {
  return { status, body: { code, detail: code }, headers };
}

function no(status, code) {
  return { answer: refusal(status, code), sequence: 0 };
}

function time(seconds) {
  return new Date(NEW_YEAR_MS + 1000 * seconds).toISOString();
}
