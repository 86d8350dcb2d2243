/** Merges the drafts of two tabs. */

/**
 * @param {string} mine
 * @param {string} theirs
 * @param {string} base the text from which both began
 * @returns {string} the text that was changed; where both were, the two texts on separate lines
 */
export function joined(mine, theirs, base = "") {
  if (["", base].includes(theirs) || without(mine, theirs) !== mine) {
    return mine;
  }
  return ["", base].includes(mine) || without(theirs, mine) !== theirs ? theirs : `${mine}\n${theirs}`;
}

/**
 * @param {string} draft
 * @param {string} text that was sent
 * @returns {string} the draft without it: "" where they are equal, the whole draft where the text is not on separate lines
 */
export function without(draft, text) {
  const [all, part] = [draft.trim(), text.trim()];
  const after = all.startsWith(part) ? all.slice(part.length) : null;
  if (after !== null && /^(?:$|[^\S\n]*\n)/u.test(after)) {
    return after.trimStart();
  }
  const before = all.endsWith(part) ? all.slice(0, all.length - part.length) : "";
  return /\n[^\S\n]*$/u.test(before) ? before.trimEnd() : draft;
}
