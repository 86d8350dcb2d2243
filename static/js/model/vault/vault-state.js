/** What this browser knows of the vault before anything else is loaded: whether it is in, and what it has refused. */
import { get } from "../../storage/queries.js";

/** @import { VaultPin } from "./vault-pin.js" */

export const PIN = "vault pin";
/** The problem of a browser that was signed out, until it is unlocked again. */
export const SIGNED_OUT = "signed_out";

/**
 * @param {Database} database
 * @returns {Promise<VaultPin | null>}
 */
export async function readPin(database) {
  return (await database.read(["state"], (stores) => get(stores("state"), PIN))) ?? null;
}

/**
 * @param {VaultPin} pin
 * @returns {Pick<import("./account-vault.js").View, "state" | "problem">}
 */
export function stateOf({ problem }) {
  return problem === SIGNED_OUT ? { state: "locked", problem: null } : { state: problem ? "refused" : "kept", problem };
}
