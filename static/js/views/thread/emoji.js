/** Whether a message is of emoji alone, and is shown large. Pure. (`\p{RGI_Emoji}` takes a second to compile.) */

const KEYCAP = String.raw`[#*\d]\ufe0f?\u20e3`;
const FLAG = String.raw`\p{Regional_Indicator}{2}|\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}`;
/* Characters that are text by default, like ©, count only with the emoji variation selector. */
const PICTURE = String.raw`(?=\p{Emoji_Presentation})\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?|\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})`;
const PART = String.raw`\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?`;
const JOINED = String.raw`${PART}(?:\u200d${PART})+`;
const FEW_EMOJI = new RegExp(String.raw`^(?:(?:${JOINED}|${PICTURE}|${FLAG}|${KEYCAP})\s?){1,3}$`, "u");

/** @param {string} text */
export function isOnlyEmoji(text) {
  return FEW_EMOJI.test(text);
}
