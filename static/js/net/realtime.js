/**
 * The only file that opens a WebSocket. It keeps one open until it is stopped, authenticates, and emits what the server
 * pushes.
 *
 * Events: `state` ("connecting" | "open" | "offline"), `connected` {user, sequence}, `event` (a push), `resync`, `notice` (a
 * push that is no event of the mailbox),
 * `ephemeral` {email, payload} (from that person; only its form and size are checked), `alive` (the server answered after
 * the connection was in doubt).
 */
import { Emitter, listen } from "../lib/emitter.js";
import { after, backoffMs, retryAfterSeconds, timerMs } from "../lib/timing.js";
import { ApiError, NetworkError } from "./net-errors.js";
import { Pending } from "./pending.js";

/**
 * @typedef {object} RealtimeOptions
 * @property {string} url
 * @property {() => Promise<string>} accessToken
 * @property {(refused: string) => Promise<string>} renewToken
 * @property {() => number} renewInMs milliseconds until the current token should be replaced
 * @property {typeof WebSocket} [Socket]
 */

const BAD_TOKEN = 4401;
const PUSHES = ["new_message", "message_status", "message_deleted", "conversation_cleared"];
// Pushes without a sequence.
const NOTICES = ["vault_changed", "browsers_changed", "invitation_changed", "stream_changed", "people_changed"];
// In characters. The longest honest frame contains a message of 64 KiB.
const LONGEST_FRAME = 2 ** 18;
// In characters: the server takes 2048 bytes, in base64.
const LONGEST_EPHEMERAL = 2732;
const ANSWER_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 25_000;
const STEADY_MS = 5_000;
// After the network has come back, a connection that still works answers within this time.
const WAKE_TIMEOUT_MS = 3_000;
// After the server has announced that it closes, it still answers what it has received.
const LEAVE_TIMEOUT_MS = 2_000;
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
  /** @type {string | null} the token that the server refused last */
  #refused = null;
  /** by client_id */
  #pending = new Pending();
  #isLeaving = false;
  /** whether a `connect` was sent and `connected` has not come yet */
  #isConnecting = false;
  /** the time by which something must arrive, or the connection counts as dead */
  #hearByMs = Infinity;
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
        listen("page", ["online"], () => this.#wake()),
        listen("page", ["offline"], () => this.#checkAlive(WAKE_TIMEOUT_MS)),
        listen("document", ["visibilitychange", "resume"], () => this.#wake()),
      ];
      void this.#open();
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
  async send(envelope) {
    if (this.#state !== "open" || this.#isLeaving) {
      throw new NetworkError();
    }
    this.#write({ type: "send_message", ...envelope });
    this.#expectToHear(ANSWER_TIMEOUT_MS);
    return this.#pending.wait(envelope.client_id, ANSWER_TIMEOUT_MS);
  }

  /**
   * Sends an ephemeral frame. It is not stored, can be lost, and gets no answer.
   * @param {string} email the recipient's
   * @param {string} payload base64 of 1 to 2048 bytes, opaque to the server
   * @returns {boolean} whether there is a socket to send it by
   */
  sendEphemeral(email, payload) {
    const isOpen = this.#state === "open" && !this.#isLeaving;
    if (isOpen) {
      this.#write({ type: "send_ephemeral", recipient_email: email, payload });
    }
    return isOpen;
  }

  /** Reconnects at once: the machine has woken, or the person is back. */
  #wake() {
    if (this.#state === "open") {
      this.#checkAlive(WAKE_TIMEOUT_MS);
    } else if (this.#wanted) {
      this.#attempt = 0;
      this.#hurry();
    }
  }

  #hurry() {
    if (this.#socket === null) {
      void this.#open();
    } else {
      // The attempt may have begun over a network that is gone.
      this.#setTimer("connect", WAKE_TIMEOUT_MS, () => this.#dropDead());
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
    socket.onopen = () => this.#introduce();
    socket.onmessage = ({ data }) => this.#read(data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#setTimer("connect", CONNECT_TIMEOUT_MS, () => this.#drop());
  }

  #introduce() {
    this.#isConnecting = true;
    this.#write({ type: "connect", token: this.#token });
  }

  /** @param {unknown} data */
  #read(data) {
    if (typeof data !== "string" || data.length > LONGEST_FRAME) {
      this.#drop();
      return;
    }
    this.#heard();
    this.#take(parse(data));
  }

  /** @param {any} frame */
  #take(frame) {
    if (frame.type === "connected") {
      this.#connected(frame);
    } else if (frame.type === "resync") {
      this.emit("resync");
    } else if (PUSHES.includes(frame.type)) {
      this.emit("event", frame);
    } else if (NOTICES.includes(frame.type)) {
      this.emit("notice", frame);
    } else if (frame.type === "ephemeral" && isEphemeral(frame)) {
      this.emit("ephemeral", { email: frame.sender_email, payload: frame.payload });
    } else if (frame.type === "message_accepted") {
      this.#pending.resolve(frame.message?.client_id, frame);
    } else if (frame.type === "error") {
      this.#pending.reject(frame.client_id, new ApiError(0, frame, retryAfterSeconds(frame.retry_after)));
    } else if (frame.type === "disconnect") {
      this.#leave();
    }
  }

  /** Sends nothing more over this socket, and waits only briefly for its close. */
  #leave() {
    this.#isLeaving = true;
    this.#setTimer("leave", LEAVE_TIMEOUT_MS, () => this.#drop());
  }

  #heard() {
    if (this.#hearByMs !== Infinity) {
      this.#hearByMs = Infinity;
      clearTimeout(this.#timers.answer);
      this.emit("alive");
    }
  }

  /**
   * @param {number} withinMs ignored if an earlier deadline is set
   * @param {() => void} [otherwise]
   */
  #expectToHear(withinMs, otherwise = () => this.#dropDead()) {
    const hearByMs = performance.now() + withinMs;
    if (hearByMs < this.#hearByMs) {
      this.#hearByMs = hearByMs;
      this.#setTimer("answer", withinMs, otherwise);
    }
  }

  /** @param {any} frame */
  #connected(frame) {
    // A repeated `connected` would start all comparisons, retries and drawing again.
    if (!this.#isConnecting) {
      return;
    }
    this.#isConnecting = false;
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
      this.#introduce();
    } catch {
      this.#drop();
    }
  }

  /**
   * Sends a ping, because a dead connection is not always reported.
   * @param {number} [patienceMs] how long to wait for the pong
   */
  #checkAlive(patienceMs = ANSWER_TIMEOUT_MS) {
    if (this.#state === "open") {
      this.#write({ type: "keep_alive" });
      this.#expectToHear(patienceMs, () => (patienceMs < ANSWER_TIMEOUT_MS ? this.#dropDead() : this.#drop()));
      this.#setTimer("keepAlive", KEEP_ALIVE_MS, () => this.#checkAlive());
    }
  }

  /** Drops a dead connection and opens another one. */
  #dropDead() {
    this.#drop();
    this.#wake();
  }

  /** Closes without waiting for the closing handshake, which takes minutes on a dead connection. */
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
    this.#hearByMs = Infinity;
    this.#isLeaving = false;
    this.#isConnecting = false;
    this.#pending.rejectAll();
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
   * @param {string} name
   * @param {number} delayMs
   * @param {() => void} work
   */
  #setTimer(name, delayMs, work) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = after(delayMs, work);
  }

  /** @param {"connecting" | "open" | "offline"} state */
  #setState(state) {
    if (state !== this.#state) {
      this.#state = state;
      this.emit("state", state);
    }
  }
}

/** @param {any} frame */
function isEphemeral({ sender_email: email, payload }) {
  return typeof email === "string" && typeof payload === "string" && payload.length <= LONGEST_EPHEMERAL;
}

/**
 * @param {string} text
 * @returns {any} an object; an empty one if the frame is not a JSON object
 */
function parse(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame === "object" && frame !== null ? frame : {};
  } catch {
    return {};
  }
}
