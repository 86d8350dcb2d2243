/** What a woken service worker shows. The push says only that something is new; the server says who has written, this browser their names. */
import { endTest, noteTold, readAccount, readMuted, readNames } from "./account-here.js";

/** @typedef {{ title: string, body: string, tag: string, email?: string, isQuiet?: boolean }} Notice */
/** @typedef {{ email: string, sequence: number }} Sender */

const APP = "VibeChat";
const FEW = 5;
/** @type {(body: string, more?: Partial<Notice>) => Notice[]} */
const one = (body, more) => [{ title: APP, body, tag: "vibechat", ...more }];

export const SOMETHING = one("You may have new messages.");
export const OVER = one("Log in to see what is new.", { isQuiet: true });
const NOTHING = one("No new messages.", { isQuiet: true });
const MUTED = one("New message in a muted chat.", { isQuiet: true });
const TEST = one("This is a test. Notifications reach this browser.");

/**
 * Always at least one: browsers take the permission from pages that are woken and show nothing.
 * @param {{ news(token: string, after: number): Promise<any> }} api
 * @returns {Promise<Notice[]>}
 */
export async function noticesOf(api) {
  const account = await readAccount();
  if (!account) return OVER;
  if (account.isTest) {
    await endTest();
    return TEST;
  }
  const senders = sendersIn(await api.news(account.token, account.read));
  if (senders.length === 0) return NOTHING;
  await noteTold(Math.max(...senders.map(({ sequence }) => sequence)));
  const muted = await readMuted(senders.map(({ email }) => email), account.muted);
  const heard = senders.filter(({ email }) => !muted.includes(email)).slice(0, FEW);
  if (heard.length === 0) return MUTED;
  if (account.shows === "off" || account.shows === "nothing") return one("New message");
  const names = await readNames(heard.map(({ email }) => email));
  const known = heard.filter(({ email }) => names.has(email));
  const notices = known.map(({ email }) => ({ title: names.get(email) ?? APP, body: "New message", tag: email, email }));
  return known.length < heard.length ? [...notices, ...one("Somebody who is not in your contacts has written to you.")] : notices;
}

/**
 * @param {any} answer the server's
 * @returns {Sender[]}
 */
function sendersIn(answer) {
  const results = Array.isArray(answer?.results) ? answer.results : [];
  return results.filter((/** @type {any} */ { email, sequence }) => typeof email === "string" && Number.isSafeInteger(sequence));
}
