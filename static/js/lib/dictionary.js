/**
 * A table that is looked up by strings of others: it has no entry but its own, not even "constructor".
 * @template Value
 * @param {Record<string, Value>} entries
 * @returns {Record<string, Value>}
 */
export function dictionary(entries) {
  return Object.assign(Object.create(null), entries);
}
