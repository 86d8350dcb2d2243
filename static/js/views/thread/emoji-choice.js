/** Opens the emoji picker, which is loaded when it is first wanted, and the button for it beside the composer's text. */
import { element, find, icon } from "../../lib/dom.js";
import { once } from "../../lib/once.js";

const picker = once(async () => {
  const { EmojiPicker } = await import("./emoji-picker.js");
  return new EmojiPicker();
});

/** @param {(emoji: string) => unknown} choose */
export async function pickEmoji(choose) {
  (await picker()).open(choose);
}

/** @param {import("./composer.js").Composer} composer of a device with a keyboard; others have emoji on theirs */
export function emojiButton(composer) {
  const node = element("button", { type: "button", class: "icon-button needs-keyboard emoji-open", "aria-label": "Emoji", title: "Emoji" }, icon("smile"));
  node.addEventListener("click", () => void pickEmoji((emoji) => composer.insert(emoji)).catch(() => {}));
  find(".composer-box", HTMLElement, composer.form).append(node);
}
