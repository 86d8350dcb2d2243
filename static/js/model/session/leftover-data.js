/** What stands in this browser of an account that is not the one that is logged in, though it had the same address. */
import { Database, result } from "../../storage/database.js";

/** @typedef {{ peers: string[], messages: number, unsent: number }} LeftoverData */

/**
 * @param {string} email
 * @returns {Promise<LeftoverData>}
 */
export async function leftoverData(email) {
  const database = await Database.open(email);
  try {
    return await database.read(["chats", "messages", "outbox"], async (stores) => ({
      peers: (await result(stores("chats").getAllKeys())).map(String),
      messages: await result(stores("messages").count()),
      unsent: await result(stores("outbox").count()),
    }));
  } finally {
    database.close();
  }
}
