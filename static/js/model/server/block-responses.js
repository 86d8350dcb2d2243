/** Reads the server's answers about blocked people. */
import { email, entries, object, positive, time } from "./validators.js";

/**
 * @param {any} value
 * @returns {{ id: number, email: string, createdAtMs: number }[]}
 */
export function readBlocks(value) {
  return entries(object(value).results).map((/** @type {any} */ one) => {
    const block = object(one);
    return { id: positive(block.id), email: email(block.email), createdAtMs: time(block.created_at) };
  });
}
