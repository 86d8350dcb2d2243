/** The server has answered, and it said no. */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; 0 where the answer came through the socket
   * @param {any} body the server's `{code, detail, fields?}`
   * @param {number | null} [retryAfterSeconds]
   */
  constructor(status, body, retryAfterSeconds = null) {
    super(`the server refused: ${status}`);
    this.name = "ApiError";
    this.status = status;
    /** @type {string} stable; decide on this */
    this.code = typeof body?.code === "string" ? body.code : "bad_answer";
    /** @type {string} for people */
    this.detail = typeof body?.detail === "string" ? body.detail : "";
    /** @type {Record<string, {code: string, detail: string}[]>} */
    this.fields = readFields(body?.fields);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * @param {unknown} error
 * @returns {number} milliseconds for which the server has asked to be left alone
 */
export function patienceMs(error) {
  return error instanceof ApiError ? 1000 * (error.retryAfterSeconds ?? 0) : 0;
}

/** No answer: nobody knows whether the server has done what it was asked. */
export class NetworkError extends Error {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super("no answer from the server", { cause });
    this.name = "NetworkError";
    this.code = "network";
  }
}

/**
 * @param {any} fields
 * @returns {Record<string, {code: string, detail: string}[]>} what is of that shape
 */
function readFields(fields) {
  const entries = Object.entries(typeof fields === "object" && fields !== null ? fields : {});
  return Object.fromEntries(entries.map(([name, errors]) => [name, readFieldErrors(errors)]));
}

/**
 * @param {any} errors
 * @returns {{code: string, detail: string}[]}
 */
function readFieldErrors(errors) {
  const list = Array.isArray(errors) ? errors : [];
  return list.map((error) => ({ code: String(error?.code ?? ""), detail: String(error?.detail ?? "") }));
}
