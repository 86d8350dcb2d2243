import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isOnlyEmoji, splitLinks } from "../../static/js/views/links.js";

const linksIn = (text) => splitLinks(text).filter(({ href }) => href !== null);
const hrefs = (text) => linksIn(text).map(({ href }) => href);

describe("links", () => {
  test("leaves the text whole", () => {
    const text = "See https://example.org/a?b=1#c, and www.example.net. Bye";
    assert.equal(
      splitLinks(text)
        .map((part) => part.text)
        .join(""),
      text,
    );
    assert.deepEqual(hrefs(text), ["https://example.org/a?b=1#c", "https://www.example.net/"]);
  });

  test("has none in a text without an address", () => {
    assert.deepEqual(splitLinks("just words"), [{ text: "just words", href: null }]);
    assert.deepEqual(splitLinks(""), []);
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

  test("takes no time for a long text of brackets and stops", () => {
    const started = performance.now();
    linksIn(`https://a.example/${"])".repeat(2000)}`);
    linksIn(`https://${"a.".repeat(2000)}`);
    assert.ok(performance.now() - started < 1000);
  });
});

describe("emoji alone", () => {
  for (const text of ["🍅", "🍅🌱", "👩‍👩‍👧 👍🏽", "🇩🇪", "❤️"]) {
    test(`${text} is shown large`, () => assert.ok(isOnlyEmoji(text)));
  }
  for (const text of ["", "1", "ok 🍅", "🍅🍅🍅🍅", "#", "…"]) {
    test(`"${text}" is not`, () => assert.ok(!isOnlyEmoji(text)));
  }
});
