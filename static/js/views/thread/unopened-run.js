/** One article for a run of messages of a former own key that is not in this browser. */
import { element, fill, isolated } from "../../lib/dom.js";
import { plural } from "../parts/format.js";
import { wholeDate } from "./days.js";

/** @typedef {import("./timeline.js").ElsewhereRow} ElsewhereRow */
/** @typedef {import("./message-view.js").MessageContext} MessageContext */

/**
 * @param {ElsewhereRow} row
 * @param {MessageContext} context
 */
export function createElsewhere(row, context) {
  const node = element("article", { role: "article", class: "elsewhere" });
  fill(node, ...nodes(row, context, false));
  return node;
}

/**
 * @param {HTMLElement} node
 * @param {ElsewhereRow} row
 * @param {MessageContext} context
 */
export function updateElsewhere(node, row, context) {
  fill(node, ...nodes(row, context, node.querySelector("details")?.open === true));
}

/**
 * @param {ElsewhereRow} row
 * @param {MessageContext} context
 * @param {boolean} open
 */
function nodes({ items }, context, open) {
  const isLocked = context.isLocked();
  const advice = !isLocked && items.some(({ mine }) => !mine) ? [" Ask ", isolated(context.name()), " to resend what you need."] : [];
  const said = `${plural(items.length, "earlier message", "earlier messages")} ${whereFor(items, isLocked)}`;
  const summary = element("summary", {}, said, ...advice);
  const list = element("ul", {}, ...items.map((item) => itemNode(item, context)));
  return [element("details", { open }, summary, list)];
}

/**
 * @param {ElsewhereRow["items"]} items
 * @param {boolean} isLocked
 */
function whereFor(items, isLocked) {
  if (isLocked) return "can't be opened here yet. Unlock them in Settings.";
  return items.some(({ unopened }) => unopened?.where === "forgotten") ? "can't be opened in this browser." : "are only in your other browser.";
}

/**
 * @param {ElsewhereRow["items"][number]} item
 * @param {MessageContext} context
 */
function itemNode({ at, mine }, context) {
  const time = element("time", { datetime: at.toISOString(), dir: "auto" }, wholeDate(at));
  return element("li", {}, mine ? "You" : isolated(context.speaker()), ", ", time);
}
