/** The rules of eslint.config.js find what they look for. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ESLint } from "eslint";

const eslint = new ESLint({ cwd: new URL("../..", import.meta.url).pathname });

/** @returns {Promise<string[]>} the rules that refuse this code in that file below static/js */
async function rulesAgainst(code, file) {
  const [{ messages }] = await eslint.lintText(`${code}\n`, { filePath: `static/js/${file}` });
  return messages.map(({ ruleId, message }) => ruleId ?? message);
}

describe("a dangerous thing stands in one place", () => {
  for (const [code, place] of [
    ["fetch(location.href);", "net/api.js"],
    ["export const get = globalThis.fetch;", "net/api.js"],
    ['navigator["sendBeacon"](location.href);', null],
    ["export const socket = new WebSocket(location.href);", "net/realtime.js"],
    ['export const open = indexedDB.open("x");', "storage/rows.js"],
    ["crypto.subtle.generateKey();", "crypto/identity.js"],
    ["export const id = crypto.randomUUID();", "crypto/identity.js"],
    ['document.createElement("p");', "lib/dom.js"],
    ['document.body.innerHTML = "";', null],
    ['export const attributes = { srcdoc: "" };', null],
    ['document.body.setHTMLUnsafe("");', null],
    ['document.write("");', null],
    ["new DOMParser();", null],
    ['document.body.addEventListener("keydown", console.log);', "views/parts/key-presses.js"],
    ["document.body.onkeyup = console.log;", "views/parts/key-presses.js"],
    ["localStorage.clear();", null],
    ['document.cookie = "";', null],
    ["setTimeout(console.log);", "lib/timing.js"],
    ["export const jitter = Math.random();", "model/receive/sync.js"],
    ['await import("./qr.js");', "views/dialogs/qr.js"],
  ]) {
    test(`${code} ${place ? `in ${place}` : "nowhere"}`, async () => {
      assert.deepEqual(await rulesAgainst(code, "views/chats/entry.js"), ["no-restricted-syntax"]);
      if (place) {
        assert.deepEqual(await rulesAgainst(code, place), []);
      }
    });
  }
});

describe("a fault is refused", () => {
  for (const [code, rule] of [
    ['eval("");', "no-eval"],
    ['new Function("");', "no-new-func"],
    ["export const title = () => name;", "no-restricted-globals"],
    ["// eslint-disable-next-line no-undef\nmisspelt();", "no-undef"],
  ]) {
    test(code, async () => assert.ok((await rulesAgainst(code, "views/chats/entry.js")).includes(rule)));
  }
});
