/** Key presses. Every handler listens by `onKey`, which leaves out the keys of an input method's composition. */

// Safari sends this keyCode for the key that ends a composition, with isComposing already false.
const TAKEN_BY_INPUT_METHOD = 229;
const FOREIGN_LETTER = /^(?!\p{Script=Latin})\p{L}$/u;
const APPLE = /Mac|iPhone|iPad/;

/**
 * @param {{addEventListener: (name: string, listener: (event: any) => void) => void}} target
 * @param {(event: KeyboardEvent) => void} handler
 */
export function onKey(target, handler) {
  target.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!event.isComposing && event.keyCode !== TAKEN_BY_INPUT_METHOD) handler(event);
  });
}

/**
 * On layouts without Latin letters the position of the key decides. On Latin layouts such as Dvorak the letter does.
 * @param {KeyboardEvent} event
 * @param {string} letter
 */
export function isLetter({ code, key }, letter) {
  return key.toLowerCase() === letter || (code === `Key${letter.toUpperCase()}` && FOREIGN_LETTER.test(key));
}

/** @param {KeyboardEvent} event the Cyrillic and Hebrew layouts have a full stop at that place */
export function isSlash({ code, key }) {
  return key === "/" || (code === "Slash" && (key === "." || FOREIGN_LETTER.test(key)));
}

/**
 * On Apple's systems Control with a letter and Option with an arrow edit text.
 * @param {KeyboardEvent} event
 */
export function isForEditing({ altKey, ctrlKey, target }) {
  const isWriting = target instanceof HTMLElement && target.matches("input, textarea, [contenteditable]");
  return isWriting && (altKey || ctrlKey) && APPLE.test(`${navigator.platform} ${navigator.userAgent}`);
}
