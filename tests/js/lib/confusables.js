/**
 * Packs the table of UTS #39 (confusables.txt, as the package `unhomoglyph` brings it) into the module that pages load.
 *
 *     node tests/js/lib/confusables.js    write it
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

export const FILE = new URL("../../../static/js/lib/confusables.js", import.meta.url);
const LINE = 110;

/** @returns {Record<string, string>} what each character looks like */
export function table() {
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve("unhomoglyph/data.json"), "utf8"));
}

/** @returns {string} the source of the module */
export function source() {
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  for (const [character, looksLike] of Object.entries(table())) {
    groups.set(looksLike, [...(groups.get(looksLike) ?? []), Number(character.codePointAt(0))]);
  }
  const packed = [...groups].map(([looksLike, characters]) => `${codes(looksLike)}:${steps(characters)}`).join(";");
  const lines = packed.match(new RegExp(`.{1,${LINE}}`, "gu")) ?? [];
  return [
    "/** Which characters look alike: confusables.txt of Unicode UTS #39. Written by tests/js/lib/confusables.js. */",
    "export default [",
    ...lines.map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
}

/** @param {string} text */
function codes(text) {
  return [...text].map((character) => Number(character.codePointAt(0)).toString(36)).join(".");
}

/** @param {number[]} numbers */
function steps(numbers) {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted.map((number, index) => (number - (sorted[index - 1] ?? 0)).toString(36)).join(".");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(FILE, source());
}
