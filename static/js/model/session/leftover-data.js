/** The data in this browser of an earlier account with the same email. */
import { peerOf } from "../../storage/chat-ids.js";
import { Database, result } from "../../storage/database.js";
import { all } from "../../storage/queries.js";

/** @typedef {{ peers: string[], messages: number, unsent: number }} LeftoverData */

/**
 * @param {string} email
 * @returns {Promise<LeftoverData>}
 */
export async function leftoverData(email) {
  const database = await Database.open(email);
  try {
    return await database.read(["chats", "messages", "outbox"], async (stores) => ({
      peers: (await all(stores("chats"))).map(({ id }) => peerOf(id)),
      messages: await result(stores("messages").count()),
      unsent: await result(stores("outbox").count()),
    }));
  } finally {
    database.close();
  }
}
