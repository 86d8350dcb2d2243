/** Sends one sealed message to the server, over the socket if it is open, otherwise with a POST. */
import { ApiError, NetworkError } from "../../net/net-errors.js";
import { wasSentAs } from "../history/message-rows.js";
import { BadAnswer } from "../server/model-errors.js";
import { readEvent, readMessage } from "../server/responses.js";

/** @import { MailboxEvent, MessageEvent } from "../server/responses.js" */

// These codes of the socket are final. After any other code the message is sent again with a POST.
const SOCKET_CODES = [
  "invalid",
  "user_not_found",
  "stale_key",
  "client_id_conflict",
  "message_deleted",
  "rate_limited",
  "unavailable",
];

export class Transport {
  #parts;

  /** @param {TransportParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {SealedMessage} envelope
   * @returns {Promise<void>} resolves when the server has confirmed this message and the event is applied here
   * @throws {ApiError | NetworkError | BadAnswer}
   */
  async send(envelope) {
    const event = (await this.#bySocket(envelope)) ?? (await this.#post(envelope));
    if (event.type !== "message" || !wasSentAs(envelope, event.message)) {
      throw new BadAnswer("not what was sent");
    }
    await this.#parts.sync.accepted(event);
  }

  /**
   * @param {SealedMessage} envelope
   * @returns {Promise<MailboxEvent | null>} null: there is no open socket, or no final answer from it
   */
  async #bySocket(envelope) {
    const { realtime, ownEmail } = this.#parts;
    if (realtime.state !== "open") {
      return null;
    }
    try {
      return readEvent(await realtime.send(envelope), ownEmail);
    } catch (error) {
      if (error instanceof NetworkError || (error instanceof ApiError && !SOCKET_CODES.includes(error.code))) {
        return null;
      }
      throw error;
    }
  }

  /**
   * @param {SealedMessage} envelope
   * @returns {Promise<MessageEvent>} without a sequence
   */
  async #post(envelope) {
    const { api, ownEmail } = this.#parts;
    return { type: "message", sequence: 0, message: readMessage(await api.sendMessage(envelope), ownEmail) };
  }
}
