import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeSeed, makeCode, passkeySeed, readCode, shown } from "../../../static/js/crypto/recovery-code.js";
import { toHex } from "../../../static/js/lib/bytes.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const code = shown(Array.from({ length: 26 }, (_, index) => (7 * index + 3) % 32));

/** The code with other characters at some places. `steps`: how far along the alphabet, by index without hyphens. */
function spoilt(steps) {
  const typed = [...code.replaceAll("-", "")];
  for (const [index, step] of Object.entries(steps)) {
    typed[index] = ALPHABET[(ALPHABET.indexOf(typed[index]) + step) % 32];
  }
  return typed.join("");
}

describe("a new code", () => {
  test("has 7 groups of 4 symbols and reads as ok", () => {
    const made = makeCode();
    assert.match(made, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.deepEqual(readCode(made), { ok: true, symbols: made.replaceAll("-", "").slice(0, 26) });
  });

  test("is another one each time", () => {
    assert.equal(new Set(Array.from({ length: 50 }, makeCode)).size, 50);
  });
});

describe("what is typed", () => {
  const symbols = readCode(code).symbols;
  const forms = {
    "small letters": code.toLowerCase(),
    "no hyphens": code.replaceAll("-", ""),
    "spaces and line breaks": code.replaceAll("-", " \n"),
    "long dashes": code.replaceAll("-", "–"),
    "O for 0, I and l for 1": code.replaceAll("0", "o").replace("1", "I").replace("1", "l"),
    "letters of full width": code.replace(/[0-9A-Z]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
  };
  for (const [name, text] of Object.entries(forms)) {
    test(`${name}: is the same code`, () => assert.deepEqual(readCode(text), { ok: true, symbols }));
  }

  for (const text of ["", "-", code.slice(1), `${code}0`, "ß".repeat(27)]) {
    test(`wrong length: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readCode(text), { ok: false, problem: "malformed", group: null });
    });
  }

  test("a character of no code names its group", () => {
    const typed = code.replaceAll("-", "");
    for (const index of [0, 3, 4, 26, 27]) {
      const text = `${typed.slice(0, index)}U${typed.slice(index + 1)}`;
      assert.deepEqual(readCode(text), { ok: false, problem: "malformed", group: Math.floor(index / 4) + 1 });
    }
  });
});

describe("wrong characters", () => {
  test("each single one is found, and its group named", () => {
    for (let index = 0; index < 28; index += 1) {
      for (let step = 1; step < 32; step += 1) {
        const group = Math.floor(index / 4) + 1;
        assert.deepEqual(readCode(spoilt({ [index]: step })), { ok: false, problem: "damaged", group });
      }
    }
  });

  test("each pair is found", () => {
    for (let first = 0; first < 28; first += 1) {
      for (let second = first + 1; second < 28; second += 1) {
        for (let step = 1; step < 32; step += 1) {
          assert.equal(readCode(spoilt({ [first]: 5, [second]: step })).problem, "damaged");
        }
      }
    }
  });

  test("two neighbours in the wrong order are found", () => {
    const typed = code.replaceAll("-", "");
    for (let index = 0; index < 27; index += 1) {
      const text = typed.slice(0, index) + typed[index + 1] + typed[index] + typed.slice(index + 2);
      assert.equal(readCode(text).ok, typed[index] === typed[index + 1]);
    }
  });
});

describe("the seed", () => {
  const symbols = "0123456789ABCDEFGHJKMNPQRS";

  test("depends on each symbol and on the email", async () => {
    const seeds = [
      await codeSeed(symbols, "alice@example.org"),
      await codeSeed(symbols, "bob@example.org"),
      await codeSeed(symbols.replace("S", "T"), "alice@example.org"),
    ];
    assert.equal(new Set(seeds.map(toHex)).size, 3);
    assert.ok(seeds.every(({ length }) => length === 32));
  });

  test("of a passkey depends on the output, the email and the credential", async () => {
    const [prf, id] = [new Uint8Array(32), new Uint8Array([1, 2, 3])];
    const seeds = [
      await passkeySeed(prf, "alice@example.org", id),
      await passkeySeed(prf.with(31, 1), "alice@example.org", id),
      await passkeySeed(prf, "bob@example.org", id),
      await passkeySeed(prf, "alice@example.org", id.with(2, 4)),
    ];
    assert.equal(new Set(seeds.map(toHex)).size, 4);
  });

  test("of a passkey needs 32 bytes of output", () => {
    assert.throws(() => passkeySeed(new Uint8Array(16), "alice@example.org", new Uint8Array(3)), RangeError);
  });
});
