import assert from "node:assert/strict";
import { test } from "node:test";
import { notify, wordsOf } from "../../../../static/js/views/parts/browser-notifications.js";

const message = { email: "bob@example.org", name: "Bob", text: "see you at eight" };

test("a notification shows as much of a message as the person has chosen", () => {
  assert.deepEqual(wordsOf(message, "nothing"), { title: "VibeChat", body: "New message" });
  assert.deepEqual(wordsOf(message, "name"), { title: "Bob", body: "New message" });
  assert.deepEqual(wordsOf(message, "text"), { title: "Bob", body: "see you at eight" });
});

test("a long text is cut between characters", () => {
  const { body } = wordsOf({ ...message, text: "😀".repeat(300) }, "text");
  assert.equal(body, "😀".repeat(200));
});

test("a browser without notifications shows none", () => {
  assert.equal(notify(message, "text", () => {}), null);
});
