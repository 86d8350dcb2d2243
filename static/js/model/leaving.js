/** What is done here when a person leaves: loaded with the dialogs, before anybody can. */
import { pause } from "../lib/timing.js";
import { deleteForgotten, readForgotten, writeForgotten } from "../storage/device.js";
import { unsubscribeHere } from "./worker/web-push.js";

const FORGOTTEN_LIMIT = 100;
const UNSUBSCRIBE_MS = 3000;

/**
 * Notes what is about to be deleted.
 * @param {number} accountId
 * @param {readonly PersonRow[]} people
 * @param {readonly { fingerprint: string }[]} pairs the account's keys
 */
export async function noteForgotten(accountId, people, pairs) {
  const compared = people.filter(({ checked }) => checked !== null).length;
  const keys = [...(await readForgotten(accountId)).keys, ...pairs.map(({ fingerprint }) => fingerprint)];
  await writeForgotten(accountId, { compared, keys: [...new Set(keys)].slice(-FORGOTTEN_LIMIT) });
}

/** @param {number} accountId of an account that is gone */
export async function forgetNotes(accountId) {
  await deleteForgotten(accountId);
}

/** Nobody here is told of messages any more. */
export async function unsubscribe() {
  await Promise.race([unsubscribeHere().catch(() => {}), pause(UNSUBSCRIBE_MS)]);
}
