/** Reports of another person's messages to the people who run the server (docs/protocol.md §5.13). */
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { reportKeyNumber, sealReport } from "../../crypto/report.js";
import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { ReportApi } from "../../net/report-api.js";
import { chatWith } from "../../storage/chat-ids.js";
import { get, newestMessages } from "../../storage/queries.js";
import { loadVersion, textOf, typeOf } from "../../types/content-types.js";
import { contentOf } from "../history/chain-check.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {{ key: string, atMs: number, text: string, content: StoredContent }} Reportable */
/**
 * @typedef {object} ReportKey
 * @property {string} key the operators' public key in base64, the server's word
 * @property {string} number by which people can compare it
 * @property {boolean} isOther it is not the one that this browser has seen first, or sealed for last
 */

const OFFERED = 20;
const LOOKED_AT = 200;
const POINT_LENGTH = 65;
const KNOWN_KEY = "reportKey";

export class Reports {
  #api;
  #parts;

  /** @param {{ api: import("../../net/api.js").Api, database: Database, cipher: StorageCipher, ownEmail: string }} parts */
  constructor(parts) {
    this.#api = new ReportApi(parts.api);
    this.#parts = parts;
  }

  /** @returns {Promise<ReportKey | null>} null: they take no reports here */
  async key() {
    const { key } = await this.#api.key();
    const bytes = typeof key === "string" ? bytesOf(key) : null;
    if (bytes?.length !== POINT_LENGTH) {
      return null;
    }
    const known = await this.#parts.database.write(["state"], async (stores) => {
      const first = await get(stores("state"), KNOWN_KEY);
      if (first === undefined) {
        stores("state").put(key, KNOWN_KEY);
      }
      return first ?? key;
    });
    return { key, number: await reportKeyNumber(bytes), isOther: known !== key };
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
    await this.#parts.database.write(["state"], async (stores) => void stores("state").put(key, KNOWN_KEY));
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
