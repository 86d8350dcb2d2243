/**
 * What the server says that it keeps of the person who is logged in. The rows are shown as they come: nothing is done
 * with them.
 */
import { check, count, entries, list, object } from "../server/validators.js";

/** @typedef {Record<string, string | number | boolean | null>} Row */
/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} title
 * @property {string} reason
 * @property {number} count of all rows
 * @property {Row[]} rows those that are here so far
 * @property {string | null} next where more of them are
 */
/** @typedef {{ place: string, kept: string, reason: string }} Elsewhere in words: what is in no row of one's own */

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
    /* Later pages hold older rows, so there are no more than were counted; a few may have come in between. */
    const isOfThem = kind.rows.length + page.rows.length <= kind.count + LARGEST_PAGE;
    kind.rows.push(...check(page.rows, () => isNext && isOfThem, "page"));
    kind.next = page.next;
  }

  /**
   * All pages of all kinds, as what is downloaded.
   * @param {Api} api
   * @param {(rows: number) => void} onRows how many there are so far
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
