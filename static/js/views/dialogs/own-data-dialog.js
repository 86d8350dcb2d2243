/** Draws the page "What this server knows about me". */
import { append, button, element, fill, find, isolated, setText } from "../../lib/dom.js";
import { saveAs } from "../parts/download.js";
import { plural } from "../parts/format.js";
import { LocalFormat, watchLocalTime } from "../parts/local-time.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {import("../../model/session/own-data.js").Kind} Kind */
/** @typedef {import("../../model/session/own-data.js").Row} Row */
/** @typedef {import("../../model/session/own-data.js").Elsewhere} Elsewhere */

const TIME = /_(?:at|time)$/;
const LONG_CODE = /^[0-9A-Za-z+/=_-]{33,}$/;
const SHOWN_OF_CODE = 12;
/* Columns that most people cannot read; they are behind "Technical details". */
const TECHNICAL =
  /^(?:id|\w+_id|password_hash|updated_at|is_(?:active|staff|superuser)|generation|session|public_key|\w*fingerprint|algorithm|identity_\w+|proof|network|message_type|suite|sequence|content_type|action_flag)$/;
const ASKING = "Asking the server…";
const moment = new LocalFormat({ dateStyle: "medium", timeStyle: "short" });

export class OwnDataPage {
  /** @param {{ more: (kind: Kind) => Promise<unknown>, download: (onRows: (rows: number) => void) => Promise<object> }} actions */
  constructor({ more, download }) {
    this.more = more;
    this.download = download;
    this.said = find("#said", HTMLElement);
    this.failed = find("#failed", HTMLElement);
    const technical = find("#technical", HTMLInputElement);
    technical.addEventListener("change", () => find("#kinds", HTMLElement).classList.toggle("plain", !technical.checked));
    this.downloadButton = find("#download", HTMLButtonElement);
    this.downloadButton.addEventListener("click", () => void this.attempt(() => this.save()));
    watchLocalTime(() => this.drawTimes());
  }

  /**
   * @param {Kind[]} kinds
   * @param {Elsewhere[]} elsewhere
   */
  show(kinds, elsewhere) {
    fill(find("#kinds", HTMLElement), ...kinds.map((kind) => this.section(kind)), inWords(elsewhere));
    this.downloadButton.disabled = false;
  }

  drawTimes() {
    /** @type {NodeListOf<HTMLElement>} */
    const nodes = document.querySelectorAll("[data-at]");
    for (const node of nodes) setText(node, moment.format(new Date(node.dataset.at ?? "")));
  }

  /** @param {Kind} kind */
  section(kind) {
    const heading = element("h2", { id: `kind-${kind.name}` }, kind.title);
    const isTechnical = Object.keys(kind.rows[0] ?? {}).every((name) => TECHNICAL.test(name));
    const node = element("div", { class: isTechnical ? "kind technical" : "kind" });
    append(node, heading, element("p", { class: "hint" }, reasonWords(kind)));
    if (kind.rows.length > 0) this.addTable(node, kind);
    return node;
  }

  /**
   * @param {HTMLElement} node
   * @param {Kind} kind
   */
  addTable(node, kind) {
    const columns = Object.keys(kind.rows[0] ?? {});
    const body = element("tbody", { role: "rowgroup" }, ...kind.rows.map((row) => tableRow(row, columns)));
    /* A group and no region: landmarks are for the parts of a page, not for each table. The roles stay where a narrow page draws rows as blocks; by themselves tables would lose them. */
    const table = element("table", { role: "table", "aria-labelledby": `kind-${kind.name}` }, tableHead(columns), body);
    append(node, element("div", { class: "rows", role: "group", tabindex: 0, "aria-label": kind.title }, table));
    const more = button("Show more", () => void this.attempt(() => this.addRows(kind, columns, body, more)), {
      class: "button quiet small",
      "aria-label": `Show more: ${kind.title}`,
    });
    more.hidden = kind.next === null;
    append(node, more);
  }

  /**
   * @param {Kind} kind
   * @param {string[]} columns
   * @param {HTMLElement} body
   * @param {HTMLElement} more
   */
  async addRows(kind, columns, body, more) {
    const known = kind.rows.length;
    await this.more(kind);
    const added = kind.rows.slice(known).map((row) => tableRow(row, columns));
    append(body, ...added);
    more.hidden = kind.next === null;
    setText(this.said, `${plural(added.length, "row", "rows")} more: ${kind.title}.`);
    if (more.hidden) focusRegion(body);
  }

  async save() {
    setText(this.said, "Collecting your rows…");
    const whole = await this.download((rows) => setText(this.said, `Collecting your rows: ${rows.toLocaleString()}…`));
    saveAs("vibechat-about-me.json", new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" }));
    setText(this.said, "The file is downloaded.");
  }

  /** @param {() => Promise<unknown>} action that asks the server */
  async attempt(action) {
    this.failed.hidden = true;
    setText(this.said, ASKING);
    try {
      await action();
      if (this.said.textContent === ASKING) setText(this.said, "");
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {unknown} error */
  fail(error) {
    setText(this.said, "");
    setText(this.failed, sentence(asFailure(error)));
    this.failed.hidden = false;
  }
}

/** @param {string[]} columns */
function tableHead(columns) {
  const cells = columns.map((name) =>
    element("th", { role: "columnheader", scope: "col", class: columnClass(name) }, label(name)),
  );
  return element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...cells));
}

/**
 * @param {Row} row
 * @param {string[]} columns
 */
function tableRow(row, columns) {
  const cells = columns.map((name) =>
    element("td", { role: "cell", class: columnClass(name), "data-label": label(name) }, cell(name, Object.hasOwn(row, name) ? row[name] : null)),
  );
  return element("tr", { role: "row" }, ...cells);
}

/**
 * @param {string} name
 * @param {string | number | boolean | null} value
 */
function cell(name, value) {
  const node = isolated(shown(name, value));
  if (isTime(name, value)) node.dataset.at = String(value);
  return node;
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function isTime(name, value) {
  return typeof value === "string" && TIME.test(name) && !Number.isNaN(Date.parse(value));
}

/** @param {string} name of a column: created_at becomes "Created at" */
export function label(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * @param {string} name
 * @param {string | number | boolean | null} value
 */
export function shown(name, value) {
  if (value === null || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return name.endsWith("_bytes") ? value.toLocaleString() : String(value);
  if (isTime(name, value)) return moment.format(new Date(value));
  return LONG_CODE.test(value) ? `${value.slice(0, SHOWN_OF_CODE)}…` : value;
}

/** @param {string} name */
function columnClass(name) {
  return TECHNICAL.test(name) ? "technical" : null;
}

/** @param {Kind} kind */
export function reasonWords({ count, reason }) {
  if (count > 0) return `${plural(count, "row", "rows")}. ${reason}`;
  return `Nothing stored. Normally: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

/** @param {Elsewhere[]} elsewhere */
function inWords(elsewhere) {
  const words = elsewhere.flatMap(({ place, kept, reason }) => [
    element("dt", {}, place),
    element("dd", {}, `${kept} `, element("span", { class: "hint" }, reason)),
  ]);
  const heading = element("h2", {}, "What is in no table of yours");
  return element("div", { class: "kind" }, heading, element("dl", {}, ...words));
}

/** @param {HTMLElement} body */
function focusRegion(body) {
  const region = body.closest("[tabindex]");
  if (region instanceof HTMLElement) region.focus();
}
