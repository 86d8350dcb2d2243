import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { actionFor } from "../../../../static/js/views/page/keyboard.js";
import { isForEditing, onKey } from "../../../../static/js/views/parts/key-presses.js";
import { inNavigator } from "../../world/world.js";

globalThis.HTMLElement = class {
  matches() {
    return true;
  }
};

/** @returns {any} */
const press = (key, more = {}) => ({ key, code: "", altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more });
const actions = { jump: "jump", shortcuts: "shortcuts", escape: "escape", move() {}, region() {} };

describe("keys of an input method", () => {
  const heardOf = (event) => {
    const handler = mock.fn();
    onKey({ addEventListener: (_, listener) => listener(event) }, handler);
    return handler.mock.callCount();
  };

  for (const key of ["Enter", "ArrowDown", "Escape", "k"]) {
    test(`are heard by no handler: ${key}`, () => {
      assert.equal(heardOf(press(key, { isComposing: true, keyCode: 229 })), 0);
      assert.equal(heardOf(press(key, { isComposing: false, keyCode: 229 })), 0, "in Safari's order");
      assert.equal(heardOf(press(key, { isComposing: false, keyCode: 13 })), 1);
    });
  }
});

describe("shortcuts", () => {
  const jumps = { Latin: "k", "Caps Lock": "K", Russian: "л", Greek: "κ", Hebrew: "ל", Arabic: "ن", Georgian: "კ", Korean: "ㅏ" };
  for (const [layout, key] of Object.entries(jumps)) {
    test(`Control+K works on this layout: ${layout}`, () => {
      assert.equal(actionFor(press(key, { ctrlKey: true, code: "KeyK" }), actions), "jump");
      assert.equal(actionFor(press(key, { metaKey: true, code: "KeyK" }), actions), "jump");
      assert.equal(actionFor(press(key, { code: "KeyK" }), actions), null);
    });
  }

  test("the letter counts where there are Latin letters, and not its place", () => {
    assert.equal(actionFor(press("t", { ctrlKey: true, code: "KeyK" }), actions), null, "Dvorak");
    assert.equal(actionFor(press("k", { ctrlKey: true, code: "KeyV" }), actions), "jump");
    assert.equal(actionFor(press("z", { ctrlKey: true, code: "Slash" }), actions), null, "Dvorak");
    assert.equal(actionFor(press("-", { ctrlKey: true, code: "Slash" }), actions), null, "German: the browser's zoom");
  });

  for (const [layout, key, code] of [["US", "/", "Slash"], ["German", "/", "Digit7"], ["Russian", ".", "Slash"], ["Arabic", "ظ", "Slash"]]) {
    test(`Control+/ works on this layout: ${layout}`, () => {
      assert.equal(actionFor(press(key, { ctrlKey: true, code }), actions), "shortcuts");
    });
  }

  const editing = [press("k", { ctrlKey: true }), press("ArrowUp", { altKey: true }), press("ArrowDown", { altKey: true, shiftKey: true })];
  for (const event of editing) {
    test(`leave the editing keys of Apple's systems alone in a text: ${event.key}`, () => {
      const target = new HTMLElement();
      inNavigator({ platform: "MacIntel", userAgent: "" });
      assert.equal(isForEditing({ ...event, target }), true);
      assert.equal(isForEditing({ ...event, target: null }), false);
      inNavigator({ platform: "Linux x86_64", userAgent: "" });
      assert.equal(isForEditing({ ...event, target }), false);
    });
  }

  test("leave Command alone nowhere", () => {
    inNavigator({ platform: "MacIntel", userAgent: "" });
    assert.equal(isForEditing(press("k", { metaKey: true, target: new HTMLElement() })), false);
  });
});
