/** Loads what removes messages whose time is over, once a chat has any. */
import { once } from "../../lib/once.js";
import { after } from "../../lib/timing.js";
import { all } from "../../storage/queries.js";

const WATCH_AFTER_MS = 200;

/**
 * @param {{ cipher: StorageCipher, database: Database, decryptQueue: DecryptQueue, messageStore: MessageStore, outbox: Outbox,
 *   sendQueue: SendQueue }} parts
 * @param {() => Promise<typeof import("./disappearing.js")>} load
 * @param {(email: string) => void} onRemoved in whose chat something was removed
 * @returns {() => void} stops
 */
export function watchEndings(parts, load, onRemoved) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watching;
  let stop = () => {};
  const removal = once(async () => {
    const { Disappearing } = await load();
    const disappearing = new Disappearing(parts);
    stop = () => disappearing.stop();
    disappearing.on("removed", ({ email }) => onRemoved(email));
    return disappearing;
  });
  const watch = async () => {
    const chats = await parts.database.read(["chats"], (stores) => all(stores("chats")));
    if (chats.some(({ endsAtMs = Infinity }) => endsAtMs < Infinity)) {
      await (await removal()).look();
    }
  };
  const watchSoon = () => {
    watching ??= after(WATCH_AFTER_MS, () => {
      watching = undefined;
      void watch().catch(() => {});
    });
  };
  ["opened", "repeated"].forEach((name) => parts.decryptQueue.on(name, ({ content }) => content.v === 2 && watchSoon()));
  parts.sendQueue.on("moved", watchSoon);
  void watch().catch(() => {});
  return () => {
    clearTimeout(watching);
    stop();
  };
}
