/** The data in this browser of an earlier account with the same email. */
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
