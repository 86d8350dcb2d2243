import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isOnlyEmoji } from "../../../../static/js/views/thread/emoji.js";
import { linksIn as placesOf } from "../../../../static/js/views/thread/links.js";

const linksIn = (text) => placesOf(text).map(({ link }) => link);
const hrefs = (text) => linksIn(text).map(({ href }) => href);

/** Links stand in their order, and show what stands at their places. */
function assertWhole(text) {
  let end = 0;
  for (const { from, to, link } of placesOf(text)) {
    assert.ok(from >= end);
    assert.equal(link.text, text.slice(from, to));
    end = to;
  }
}

describe("links", () => {
  test("leaves the text whole", () => {
    const text = "See https://example.org/a?b=1#c, and www.example.net. Bye";
    assertWhole(text);
    assert.deepEqual(hrefs(text), ["https://example.org/a?b=1#c", "https://www.example.net/"]);
  });

  test("has none in a text without an address", () => {
    assert.deepEqual(linksIn("just words"), []);
    assert.deepEqual(linksIn(""), []);
  });

  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "ftp://a.example/",
  ]) {
    test(`does not link ${text}`, () => assert.deepEqual(linksIn(text), []));
  }

  test("does not link an address that hides its host behind a user name", () => {
    assert.deepEqual(linksIn("https://bank.example@evil.test/ https://user:pw@evil.test/"), []);
  });

  for (const code of [0x202e, 0x2066, 0x200b, 0x00ad, 0x2060]) {
    test(`does not link an address with the hidden character ${code.toString(16)}`, () => {
      assert.deepEqual(linksIn(`https://a.example/${String.fromCodePoint(code)}gnp.exe`), []);
    });
  }

  test("shows the ASCII form of a host with look-alike letters", () => {
    const [link] = linksIn("http://\u0430pple.com/x");
    assert.deepEqual(link, { text: "http://xn--pple-43d.com/x", href: "http://xn--pple-43d.com/x", asks: "\u0430pple.com" });
  });

  for (const [written, host] of [
    ["https://\u0430pple.com/", "xn--pple-43d.com"],
    ["https://www.\u0440\u0430ypal.example/login", "www.xn--ypal-43d9g.example"],
    ["https://xn--pple-43d.com/", "xn--pple-43d.com"],
    ["https://login.xn--80ak6aa92e.com/", "login.xn--80ak6aa92e.com"],
    ["https://\uff41\uff50ple.com/", "apple.com"],
    ["https://b\u00fccher.example/", "xn--bcher-kva.example"],
    ["https://2130706433.example.0x7f000001/", null],
    ["https://0x7f.1/", "127.0.0.1"],
    ["https://exa%6dple.org/", "example.org"],
    ["https://a.example\\@evil.test/", "a.example"],
  ]) {
    test(`asks before ${written} is opened, and shows where it leads`, () => {
      const [link] = linksIn(written);
      if (host === null) return assert.equal(link, undefined);
      assert.equal(new URL(link.href).host, host);
      assert.equal(link.text, link.href);
      assert.ok(link.asks);
    });
  }

  for (const written of [
    "https://example.org/",
    "HTTPS://Example.ORG/a",
    "www.example.org",
    "https://example.org:443/x",
    "http://localhost:8000/x",
    "https://example.org/\u0430/xn--x",
  ]) {
    test(`does not ask about ${written}`, () => assert.equal(linksIn(written)[0].asks, undefined));
  }

  test("leaves the sentence its punctuation and brackets", () => {
    assert.deepEqual(hrefs("(https://a.example/x)."), ["https://a.example/x"]);
    assert.deepEqual(hrefs("https://a.example/wiki/A_(b)!"), ["https://a.example/wiki/A_(b)"]);
    assert.deepEqual(hrefs("[https://a.example/x]"), ["https://a.example/x"]);
    assert.deepEqual(hrefs("“https://a.example/x”"), ["https://a.example/x"]);
  });

  test("does not link a lone word behind two slashes", () => {
    assert.deepEqual(linksIn("https://plain"), []);
    assert.deepEqual(hrefs("http://localhost:8000/x"), ["http://localhost:8000/x"]);
  });

  for (const [text, href] of [
    ["https://a.example/Devil's_advocate", "https://a.example/Devil's_advocate"],
    ["https://a.example/Devil\u2019s_advocate", "https://a.example/Devil%E2%80%99s_advocate"],
    ['https://a.example/?q="two"&r=1', "https://a.example/?q=%22two%22&r=1"],
    ["'https://a.example/Devil's_advocate'", "https://a.example/Devil's_advocate"],
    ['"see https://a.example/x", she said', "https://a.example/x"],
    ['"https://a.example/x"and', "https://a.example/x"],
    ["don't open https://a.example/it's", "https://a.example/it's"],
    ["\u201ehttps://a.example/x\u201c", "https://a.example/x"],
    ["\u00abhttps://a.example/x\u00bb", "https://a.example/x"],
    ["\u2018https://a.example/x\u2019.", "https://a.example/x"],
    ["https://a.example/?filter[state]", "https://a.example/?filter[state]"],
    ["https://a.example/{id}", "https://a.example/%7Bid%7D"],
    ["[x](https://a.example/y)", "https://a.example/y"],
    ["[https://a.example/y](x)", "https://a.example/y"],
    ["\u27e8https://a.example/y\u27e9", "https://a.example/y"],
    ["\u0f3ahttps://a.example/y\u0f3b", "https://a.example/y"],
    ["https://a.example/a_(b)_[c]", "https://a.example/a_(b)_[c]"],
    ["https://a.example/y (or not)", "https://a.example/y"],
    ["https://a.example/y(", "https://a.example/y"],
    ["\uff08https://a.example/a\uff09", "https://a.example/a"],
    ["\u770bhttps://a.example/a\uff0c\u8c22\u8c22", "https://a.example/a"],
    ["https://a.example/a\uff01", "https://a.example/a"],
    ["https://a.example/a\u3002\u7136\u540e", "https://a.example/a"],
    ["\u300chttps://a.example/a\u300d", "https://a.example/a"],
    ["\u3010https://a.example/a\u3011\u300b\uff1f\uff1b", "https://a.example/a"],
    ["https://a.example/\u5317\u4eac", "https://a.example/%E5%8C%97%E4%BA%AC"],
    ["https://a.example/a\u060c", "https://a.example/a"],
    ["https://a.example/a\u061f \u0623", "https://a.example/a"],
    ["https://a.example/a\u0964", "https://a.example/a"],
    ["https://a.example/a\u200b", "https://a.example/a"],
    ["\u2068https://a.example/a\u2069.", "https://a.example/a"],
    ["https://a.example/a.\u200e\u200f", "https://a.example/a"],
    ["**https://a.example/a**", "https://a.example/a"],
    ["_https://a.example/a_", "https://a.example/a"],
    ["https://a.example/a_", "https://a.example/a_"],
    ["~https://a.example/a~", "https://a.example/a"],
    ["http://[2001:db8::1]:8080/x.", "http://[2001:db8::1]:8080/x"],
    ["[http://[::1]/]", "http://[::1]/"],
    ["http://[2001:DB8::1]", "http://[2001:db8::1]/"],
    ["https://a.example/a?", "https://a.example/a"],
    ["https://a.example/a?b\u2026", "https://a.example/a?b"],
  ]) {
    test(`in ${text} is ${href}`, () => {
      assert.deepEqual(hrefs(text), [href]);
      assert.equal(linksIn(text)[0].asks, undefined);
      assertWhole(text);
    });
  }

  for (const text of ["values[0]:1", "http://[::1", "http://[zz]/", "xhttps://a.example/", "a@www.example.org"]) {
    test(`is none in ${text}`, () => assert.deepEqual(linksIn(text), []));
  }

  test("are no more than a hundred in one message, and the rest stays text", () => {
    const text = "https://a.example ".repeat(200);
    assert.equal(linksIn(text).length, 100);
    assertWhole(text);
  });

  for (const [name, text] of Object.entries({
    stops: ".".repeat(20_000),
    "stops behind an address": `https://a.example/${".".repeat(20_000)}x`,
    "brackets and stops": `https://a.example/${"])".repeat(10_000)}`,
    "opening brackets": `https://a.example/${"(".repeat(20_000)}`,
    labels: `https://${"a.".repeat(10_000)}`,
    schemes: "https://".repeat(2500),
    addresses: "https://a.example ".repeat(1000),
    quotes: `${"'\u201c".repeat(5000)}https://a.example/${"'\u201d".repeat(5000)}`,
    "invisible marks": `https://a.example/${"\u200b".repeat(20_000)}x`,
    "zeros and stops": `www.${"0.".repeat(10_000)}`,
  })) {
    test(`are found in one reading of a text of ${name}`, () => {
      const read = charactersRead(() => placesOf(text));
      assert.ok(read < 20 * text.length, `${read} characters were read of ${text.length}`);
    });
  }
});

/** Counts the characters that regular expressions read in that time: at most from their start to their match. */
function charactersRead(work) {
  let read = 0;
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function (text) {
    const start = this.global || this.sticky ? this.lastIndex : 0;
    const match = exec.call(this, text);
    const end = match ? match.index + match[0].length : this.sticky ? start + 1 : text.length;
    read += end - start;
    return match;
  };
  try {
    work();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return read;
}

describe("emoji alone", () => {
  for (const text of ["🍅", "🍅🌱", "👩‍👩‍👧 👍🏽", "🇩🇪", "❤️", "1️⃣", "#️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©️"]) {
    test(`${text} is shown large`, () => assert.ok(isOnlyEmoji(text)));
  }
  for (const text of ["", "1", "ok 🍅", "🍅🍅🍅🍅", "#", "…", "©", "™ ®", "↔", "🍅".repeat(2000)]) {
    test(`"${text}" is not`, () => assert.ok(!isOnlyEmoji(text)));
  }
});
