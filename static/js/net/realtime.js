/**
 * The only file that opens a WebSocket. It keeps one open as long as it is wanted, says who it is, and hands on what
 * the server pushes.
 *
 * Events: `state` ("connecting" | "open" | "offline"), `connected` {user, sequence}, `event` (a push), `resync`.
 */
import { backoffMs, retryAfterSeconds, timerMs } from "../lib/timing.js";
import { Emitter } from "../lib/emitter.js";
import { ApiError, NetworkError } from "./errors.js";

/**
 * @typedef {object} RealtimeOptions
 * @property {string} url
 * @property {() => Promise<string>} accessToken
 * @property {(refused: string) => Promise<string>} renewToken
 * @property {() => number} renewInMs when the present token should be replaced
 * @property {typeof WebSocket} [Socket]
 */

/**
 * @typedef {object} Waiting
 * @property {(frame: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

const BAD_TOKEN = 4401;
const PUSHES = ["new_message", "message_status", "conversation_cleared"];
const ANSWER_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 25_000;
const STEADY_MS = 5_000;
// The network has just come back: a connection that outlived it answers at once, or not at all.
const WAKE_TIMEOUT_MS = 3_000;
const SOONEST_RENEWAL_MS = 5_000;

export class Realtime extends Emitter {
  #options;
  #Socket;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {"connecting" | "open" | "offline"} */
  #state = "offline";
  #wanted = false;
  #attempt = 0;
  #token = "";
  /** @type {string | null} a token that the server has just refused */
  #refused = null;
  /** @type {Map<string, Waiting>} by client_id */
  #waiting = new Map();
  /** @type {Record<string, ReturnType<typeof setTimeout>>} one of each name */
  #timers = {};
  /** @type {(() => void)[]} */
  #stopListening = [];

  /** @param {RealtimeOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#Socket = options.Socket ?? globalThis.WebSocket;
  }

  get state() {
    return this.#state;
  }

  start() {
    if (!this.#wanted) {
      this.#wanted = true;
      this.#stopListening = [
        listen(globalThis, "online", () => this.#wake()),
        listen(globalThis, "offline", () => this.#checkAlive()),
        listen(globalThis.document, "visibilitychange", () => this.#wake()),
      ];
      this.#open();
    }
  }

  stop() {
    this.#wanted = false;
    this.#stopListening.splice(0).forEach((stop) => stop());
    this.#drop();
    this.#setState("offline");
  }

  /**
   * @param {{ client_id: string } & Record<string, any>} envelope the body of a send
   * @returns {Promise<any>} the `message_accepted` frame
   * @throws {ApiError | NetworkError}
   */
  send(envelope) {
    return new Promise((resolve, reject) => {
      if (this.#state !== "open") {
        reject(new NetworkError());
        return;
      }
      const timer = setTimeout(() => this.#settle(envelope.client_id)?.reject(new NetworkError()), ANSWER_TIMEOUT_MS);
      this.#waiting.set(envelope.client_id, { resolve, reject, timer });
      this.#write({ type: "send_message", ...envelope });
    });
  }

  /** The machine is back, or the person: no reason to wait any longer. */
  #wake() {
    if (this.#state === "open") {
      this.#checkAlive(WAKE_TIMEOUT_MS);
    } else if (this.#socket === null && this.#wanted) {
      this.#attempt = 0;
      this.#open();
    }
  }

  async #open() {
    clearTimeout(this.#timers.reopen);
    this.#setState("connecting");
    try {
      this.#token = await this.#freshToken();
    } catch {
      this.#reopenLater();
      return;
    }
    if (this.#wanted && this.#socket === null) {
      this.#connect();
    }
  }

  async #freshToken() {
    const { accessToken, renewToken } = this.#options;
    const token = this.#refused === null ? await accessToken() : await renewToken(this.#refused);
    this.#refused = null;
    return token;
  }

  #connect() {
    const socket = new this.#Socket(this.#options.url);
    this.#socket = socket;
    socket.onopen = () => this.#write({ type: "connect", token: this.#token });
    socket.onmessage = ({ data }) => this.#read(data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#setTimer("connect", CONNECT_TIMEOUT_MS, () => this.#drop());
  }

  /** @param {unknown} data */
  #read(data) {
    const frame = parse(data);
    clearTimeout(this.#timers.answer);
    if (frame.type === "connected") {
      this.#connected(frame);
    } else if (frame.type === "resync") {
      this.emit("resync");
    } else if (PUSHES.includes(frame.type)) {
      this.emit("event", frame);
    } else if (frame.type === "message_accepted") {
      this.#settle(frame.message?.client_id)?.resolve(frame);
    } else if (frame.type === "error") {
      this.#settle(frame.client_id)?.reject(new ApiError(0, frame, retryAfterSeconds(frame.retry_after)));
    }
  }

  /** @param {any} frame */
  #connected(frame) {
    clearTimeout(this.#timers.connect);
    this.#setTimer("steady", STEADY_MS, () => void (this.#attempt = 0));
    this.#setTimer("renew", timerMs(this.#options.renewInMs(), SOONEST_RENEWAL_MS), () => void this.#renew());
    this.#setTimer("keepAlive", KEEP_ALIVE_MS, () => this.#checkAlive());
    this.#setState("open");
    this.emit("connected", frame);
  }

  /** Tells the open socket the next token before the old one expires. */
  async #renew() {
    try {
      this.#token = await this.#options.accessToken();
      this.#write({ type: "connect", token: this.#token });
    } catch {
      this.#drop();
    }
  }

  /**
   * A connection can be dead without anybody having said so.
   * @param {number} [patienceMs]
   */
  #checkAlive(patienceMs = ANSWER_TIMEOUT_MS) {
    if (this.#state === "open") {
      this.#write({ type: "keep_alive" });
      this.#setTimer("answer", patienceMs, () => this.#dropDead(patienceMs));
      this.#setTimer("keepAlive", KEEP_ALIVE_MS, () => this.#checkAlive());
    }
  }

  /** @param {number} patienceMs */
  #dropDead(patienceMs) {
    this.#drop();
    if (patienceMs === WAKE_TIMEOUT_MS) {
      this.#wake();
    }
  }

  /** Does not wait for the closing handshake: that of a dead connection takes minutes. */
  #drop() {
    const socket = this.#socket;
    if (socket) {
      socket.close();
      this.#closed(socket, 0);
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #closed(socket, code) {
    if (socket !== this.#socket) {
      return;
    }
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    Object.values(this.#timers).forEach(clearTimeout);
    [...this.#waiting.keys()].forEach((clientId) => this.#settle(clientId)?.reject(new NetworkError()));
    if (code === BAD_TOKEN) {
      this.#refused = this.#token;
    }
    this.#reopenLater();
  }

  #reopenLater() {
    if (this.#wanted) {
      this.#setState("offline");
      this.#setTimer("reopen", backoffMs(this.#attempt), () => void this.#open());
      this.#attempt += 1;
    }
  }

  /** @param {object} frame */
  #write(frame) {
    if (this.#socket?.readyState === this.#Socket.OPEN) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  /**
   * @param {any} clientId
   * @returns {Waiting | undefined} who waits for the answer, once
   */
  #settle(clientId) {
    const waiting = this.#waiting.get(clientId);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(clientId);
    return waiting;
  }

  /**
   * @param {string} name
   * @param {number} delayMs
   * @param {() => void} work
   */
  #setTimer(name, delayMs, work) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(work, delayMs);
  }

  /** @param {"connecting" | "open" | "offline"} state */
  #setState(state) {
    if (state !== this.#state) {
      this.#state = state;
      this.emit("state", state);
    }
  }
}

/**
 * @param {unknown} data
 * @returns {any} an object; an empty one where the server sent nonsense
 */
function parse(data) {
  try {
    const frame = JSON.parse(String(data));
    return typeof frame === "object" && frame !== null ? frame : {};
  } catch {
    return {};
  }
}

/**
 * @param {EventTarget | undefined} target
 * @param {string} name
 * @param {() => void} listener
 * @returns {() => void} stops listening
 */
function listen(target, name, listener) {
  target?.addEventListener?.(name, listener);
  return () => target?.removeEventListener?.(name, listener);
}
