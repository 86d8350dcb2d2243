import { ApiError } from "../../net/net-errors.js";

const NOT_FOUND = 404;

/** A request of the person cannot be fulfilled. Views choose the words by `code`. */
export class Refusal extends Error {
  /** @param {string} code stable */
  constructor(code) {
    super(code);
    this.name = "Refusal";
    this.code = code;
  }
}

/** The response breaks the contract, or is not about what was asked. Nothing of it is used. */
export class BadAnswer extends Error {
  /** @param {string} what what was wrong, for developers */
  constructor(what) {
    super(`not an answer to be used: ${what}`);
    this.name = "BadAnswer";
    this.code = "bad_answer";
  }
}

/**
 * @template Value
 * @param {Promise<unknown>} asked
 * @param {(answer: any) => Value | Promise<Value>} read
 * @returns {Promise<Value | null>} null: the server has answered that there is none
 */
export async function readIfFound(asked, read) {
  try {
    return await read(await asked);
  } catch (error) {
    if (error instanceof ApiError && error.status === NOT_FOUND) {
      return null;
    }
    throw error;
  }
}

/**
 * @param {unknown} error of a call
 * @returns {unknown} the Refusal `proof_needed` where the server asks for a proof; otherwise the error itself
 */
export function asProofRefusal(error) {
  return error instanceof ApiError && error.code === "proof_needed" ? new Refusal("proof_needed") : error;
}
