/**
 * The data that the server says it stores about the account. The rows are only shown.
 */
import { check, count, entries, list, object } from "../server/validators.js";

/** @typedef {Record<string, string | number | boolean | null>} Row */
/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} title
 * @property {string} reason
 * @property {number} count of all rows
 * @property {Row[]} rows those fetched so far
 * @property {string | null} next the URL of the next page
 */
/** @typedef {{ place: string, kept: string, reason: string }} Elsewhere data that is in no row of the account, in words */

const LARGEST_PAGE = 200;
const MOST_KINDS = 50;

export class OwnData {
  /** @type {Kind[]} */
  kinds = [];
  /** @type {Elsewhere[]} */
  elsewhere = [];

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @param {number} [pageSize] */
  async begin(pageSize) {
    const answer = object(await this.api.ownData(null, pageSize));
    this.kinds = few(answer.kinds).map(readKind);
    this.elsewhere = few(answer.elsewhere).map(readElsewhere);
  }

  /**
   * Adds the next page to a kind that has one.
   * @param {Kind} kind
   */
  async more(kind) {
    const answer = object(await this.api.ownData(kind.next));
    const page = readKind(few(answer.kinds)[0]);
    const isNext = page.name === kind.name && page.rows.length > 0 && page.next !== kind.next;
    // Later pages hold older rows, so there are not more rows than were counted, except for a few new ones.
    const isOfThem = kind.rows.length + page.rows.length <= kind.count + LARGEST_PAGE;
    kind.rows.push(...check(page.rows, () => isNext && isOfThem, "page"));
    kind.next = page.next;
  }

  /**
   * Fetches all pages of all kinds, for the download.
   * @param {Api} api
   * @param {(rows: number) => void} onRows called with the number of rows fetched so far
   */
  static async everything(api, onRows) {
    const whole = new OwnData(api);
    await whole.begin(LARGEST_PAGE);
    for (const kind of whole.kinds) {
      while (kind.next !== null) {
        await whole.more(kind);
        onRows(whole.kinds.reduce((sum, { rows }) => sum + rows.length, 0));
      }
    }
    const kinds = whole.kinds.map(({ name, reason, rows }) => ({ name, reason, rows }));
    return { kinds, elsewhere: whole.elsewhere };
  }
}

/** @param {any} value */
function few(value) {
  return check(entries(value), (items) => items.length <= MOST_KINDS, "length");
}

/**
 * @param {any} value
 * @returns {Kind}
 */
function readKind(value) {
  const { name, title, reason, count: all, results, next } = object(value);
  const rows = list(results).map(readRow);
  return {
    name: text(name),
    title: text(title),
    reason: text(reason),
    count: count(all ?? rows.length),
    rows,
    next: next === null ? null : text(next),
  };
}

/**
 * @param {any} value
 * @returns {Row}
 */
function readRow(value) {
  const row = object(value);
  return check(row, () => Object.values(row).every(isPlain), "row");
}

/** @param {any} value */
function isPlain(value) {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/**
 * @param {any} value
 * @returns {Elsewhere}
 */
function readElsewhere(value) {
  const { place, kept, reason } = object(value);
  return { place: text(place), kept: text(kept), reason: text(reason) };
}

/**
 * @param {any} value
 * @returns {string}
 */
function text(value) {
  return check(value, () => typeof value === "string", "text");
}
