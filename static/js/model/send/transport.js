/** Brings one sealed message to the server: over the socket where there is one, else by a POST. */
import { ApiError, NetworkError } from "../../net/net-errors.js";
import { wasSentAs } from "../history/message-rows.js";
import { BadAnswer } from "../server/model-errors.js";
import { readEvent, readMessage } from "../server/responses.js";

/** @import { MailboxEvent, MessageEvent } from "../server/responses.js" */

// What these say is final by either door; any other refusal by the socket is heard again from the POST.
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
   * @returns {Promise<void>} when the server has said that it has exactly this, and that has been entered here
   * @throws {ApiError | NetworkError | BadAnswer}
   */
  async send(envelope) {
    const event = (await this.#bySocket(envelope)) ?? (await this.#post(envelope));
    if (event.type !== "message" || !wasSentAs(envelope, event.message)) {
      throw new BadAnswer("not what was sent");
    }
    await this.#parts.accepted(event);
  }

  /**
   * @param {SealedMessage} envelope
   * @returns {Promise<MailboxEvent | null>} null: there is no socket, or no clear answer by it
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
   * @returns {Promise<MessageEvent>} without a number
   */
  async #post(envelope) {
    const { api, ownEmail } = this.#parts;
    return { type: "message", sequence: 0, message: readMessage(await api.sendMessage(envelope), ownEmail) };
  }
}
