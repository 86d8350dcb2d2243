/** Reports of another person's messages to the people who run the server (docs/protocol.md §5.13). */
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { sealReport } from "../../crypto/report.js";
import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { ReportApi } from "../../net/report-api.js";
import { chatWith } from "../../storage/chat-ids.js";
import { newestMessages } from "../../storage/queries.js";
import { loadVersion, textOf, typeOf } from "../../types/content-types.js";
import { contentOf } from "../history/chain-check.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {{ key: string, atMs: number, text: string, content: StoredContent }} Reportable */

const OFFERED = 20;
const LOOKED_AT = 200;
const POINT_LENGTH = 65;

export class Reports {
  #api;
  #parts;

  /** @param {{ api: import("../../net/api.js").Api, database: Database, cipher: StorageCipher, ownEmail: string }} parts */
  constructor(parts) {
    this.#api = new ReportApi(parts.api);
    this.#parts = parts;
  }

  /** @returns {Promise<string | null>} the operators' public key in base64, the server's word; null: they take no reports here */
  async key() {
    const { key } = await this.#api.key();
    return typeof key === "string" && bytesOf(key)?.length === POINT_LENGTH ? key : null;
  }

  /**
   * @param {string} email
   * @returns {Promise<Reportable[]>} the newest messages of that person that are kept here and opened, oldest first
   */
  async newest(email) {
    const { database, cipher } = this.#parts;
    const rows = await database.read(["messages"], (stores) => newestMessages(stores("messages"), chatWith(email), { limit: LOOKED_AT }));
    const theirs = rows.filter(({ mine, sealed, isSkip }) => !mine && sealed && !isSkip);
    const offered = await Promise.all(theirs.map(async (row) => reportable(row, await contentOf(cipher, row))));
    return offered.flat().slice(-OFFERED);
  }

  /**
   * @param {string} email
   * @param {{ key: string, reason: string, messages: Reportable[] }} report
   * @throws {Refusal} `report_too_long`
   */
  async send(email, { key, reason, messages }) {
    const people = { reporter: this.#parts.ownEmail, reported: email };
    const given = messages.map(({ content }) => ({ content: whole(content, people), stamp: content.stamp }));
    const sealed = await sealReport({ key: fromBase64(key), ...people, reason, messages: given }).catch((error) => {
      throw error instanceof ProtocolError && error.reason === "padding" ? new Refusal("report_too_long") : error;
    });
    await this.#api.send({ reported_email: email, key, sealed: toBase64(sealed) });
  }
}

/**
 * @param {MessageRow} row
 * @param {StoredContent | null} content
 * @returns {Promise<Reportable[]>} none: it has nothing to read
 */
async function reportable({ id, createdAtMs }, content) {
  await loadVersion(content?.v);
  const text = content && typeOf(content.type, content.v).isShown && content.body !== "" ? textOf(content) : null;
  return content && text !== null ? [{ key: String(id), atMs: createdAtMs, text, content }] : [];
}

/**
 * @param {StoredContent} content
 * @param {{ reporter: string, reported: string }} people
 * @returns {import("../../crypto/content.js").Content} as the other person has sent it, without their self tag
 */
function whole(content, { reporter, reported }) {
  return { ...content, v: content.v ?? 1, from: reported, to: reporter, self_tag: "" };
}

/** @param {string} text */
function bytesOf(text) {
  try {
    return fromBase64(text);
  } catch {
    return null;
  }
}
