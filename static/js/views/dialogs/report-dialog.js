/** "Report": which messages of a person go to the people who run the server. It is loaded when it is asked for. */
import { button, element, find, isolated } from "../../lib/dom.js";
import { clock } from "../parts/format.js";
import { AskingDialog, Dialog } from "./dialog.js";

/** @typedef {import("../../model/screen/reports.js").Reportable} Reportable */
/** @typedef {import("../../model/screen/reports.js").ReportKey} ReportKey */
/**
 * @typedef {object} Asked
 * @property {import("../../model/screen/reports.js").Reports} reports
 * @property {string} email
 * @property {string} name
 * @property {boolean} isUnseen the texts are not shown: the person has not asked to see them
 * @property {boolean} isBlocked
 * @property {(email: string) => Promise<unknown>} block
 * @property {(words: string) => void} announce
 */

const CHOSEN = 5;
const LONGEST_REASON = 1000;
const WHO_OPENS = "Whoever has the report key with this number. A changed server could name a key of its own. To be sure, ask the people who run this " +
  "server for the number, but not through this server.";
const OTHER_KEY = "The report key is not the one that this browser knows. They may have made a new one. Or somebody else wants to read your report. " +
  "Ask them before you send it.";

/** @param {Asked} asked */
export async function openReport(asked) {
  const key = await asked.reports.key();
  if (key === null) {
    explain(asked);
    return;
  }
  const messages = await asked.reports.newest(asked.email);
  const home = document.createDocumentFragment();
  home.append(node(asked, key, messages));
  const dialog = new AskingDialog("report", async ({ reason = "" }) => {
    const chosen = messages.filter(({ key: id }) => find(`#report-${id.replace(".", "-")}`, HTMLInputElement, dialog.node).checked);
    await asked.reports.send(asked.email, { key: key.key, reason: reason.trim(), messages: chosen });
    if (!asked.isBlocked && find("#report-block", HTMLInputElement, dialog.node).checked) {
      await asked.block(asked.email);
    }
    return () => asked.announce("Reported. They are not told.");
  }, {}, home);
  dialog.open();
}

/** @param {Asked} asked */
function explain({ name, email, isBlocked, block }) {
  const home = document.createDocumentFragment();
  const act = () => {
    dialog.close();
    void block(email);
  };
  home.append(element(
    "dialog", { id: "report", class: "dialog", "aria-labelledby": "report-title" }, title(name),
    element("p", {}, "The people who run this server take no reports here. You can block ", isolated(name), ": then nothing that they write reaches you."),
    element("div", { class: "dialog-actions" }, closer(), !isBlocked && button("Block", act, { class: "button" })),
  ));
  const dialog = new Dialog("report", home);
  dialog.open();
}

/**
 * @param {Asked} asked
 * @param {ReportKey} key
 * @param {Reportable[]} messages oldest first
 */
function node({ name, isUnseen, isBlocked }, { number, isOther }, messages) {
  const rows = messages.map((message, index) => row(message, isUnseen, index >= messages.length - CHOSEN));
  const reason = element("textarea", { id: "report-reason", name: "reason", rows: 3, maxlength: LONGEST_REASON, dir: "auto" });
  return element(
    "dialog", { id: "report", class: "dialog", "aria-labelledby": "report-title" },
    element(
      "form", { method: "dialog", novalidate: true }, title(name),
      element("p", {}, "The people who run this server will read the messages that you choose, with their pictures and files, and what you write here. ",
        isolated(name), " is not told."),
      rows.length > 0 ? element("fieldset", { class: "report-messages" }, element("legend", {}, "Messages"), ...rows) : element("p", { class: "hint" }, "There is no message here to send along."),
      element("div", { class: "field" }, element("label", { for: "report-reason" }, "What is wrong? (optional)"), reason),
      !isBlocked && check("report-block", ["Block ", isolated(name), " too"], true),
      isOther && element("p", { class: "warning" }, OTHER_KEY),
      element("details", { open: isOther }, element("summary", {}, "Who can open this report?"),
        element("p", { class: "hint" }, WHO_OPENS), element("p", {}, element("code", { id: "report-key-number" }, number))),
      element("p", { class: "form-error", role: "alert", hidden: true }),
      element("div", { class: "dialog-actions" }, closer(), element("button", { type: "submit", class: "button danger" }, "Send report")),
    ),
  );
}

/**
 * @param {Reportable} message
 * @param {boolean} isUnseen
 * @param {boolean} isChosen
 */
function row({ key, atMs, text, content }, isUnseen, isChosen) {
  const words = isUnseen ? "A message that you have not looked at" : text || "A file";
  const note = content.stamp ? null : element("small", {}, " Can't be proven");
  return check(`report-${key.replace(".", "-")}`, [element("span", { dir: "auto" }, words), " ", element("small", {}, clock(new Date(atMs))), note], isChosen);
}

/**
 * @param {string} id
 * @param {(import("../../lib/dom.js").Child | null)[]} label
 * @param {boolean} checked
 */
function check(id, label, checked) {
  return element("div", { class: "check" }, element("input", { type: "checkbox", id, checked }), element("label", { for: id }, ...label));
}

/** @param {string} name */
function title(name) {
  return element("h2", { id: "report-title", tabindex: "-1", autofocus: true }, "Report ", isolated(name));
}

function closer() {
  return element("button", { type: "button", class: "button quiet", "data-close": true }, "Cancel");
}
