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
