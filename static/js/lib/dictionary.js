/**
 * A table for look-ups with untrusted strings: it has no inherited entries such as "constructor".
 * @template Value
 * @param {Record<string, Value>} entries
 * @returns {Record<string, Value>}
 */
export function dictionary(entries) {
  return Object.assign(Object.create(null), entries);
}
