/** The server answered with an error. */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; 0: the answer came through the socket
   * @param {any} body the server's `{code, fields?}`
   * @param {number | null} [retryAfterSeconds]
   */
  constructor(status, body, retryAfterSeconds = null) {
    super(`the server refused: ${status}`);
    this.name = "ApiError";
    this.status = status;
    /** @type {string} a stable code for decisions */
    this.code = typeof body?.code === "string" ? body.code : "bad_answer";
    /** @type {Record<string, {code: string}[]>} by field; the server's sentences are not used */
    this.fields = readFields(body?.fields);
    /** @type {Record<string, unknown>} the numbers that the server adds, such as a limit */
    this.facts = Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => typeof value === "number"));
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * @param {unknown} error
 * @returns {number} milliseconds that the server asks to wait before the next call
 */
export function patienceMs(error) {
  return error instanceof ApiError ? 1000 * (error.retryAfterSeconds ?? 0) : 0;
}

/** There was no answer. Whether the server has processed the request is unknown. */
export class NetworkError extends Error {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super("no answer from the server", { cause });
    this.name = "NetworkError";
    this.code = "network";
  }
}

const GATEWAY_STATUSES = [502, 504];

/**
 * @param {unknown} error of a call
 * @returns {boolean} whether the server was unreachable: no answer, or one of a proxy in its place
 */
export function isAway(error) {
  if (error instanceof ApiError) {
    return GATEWAY_STATUSES.includes(error.status);
  }
  return error instanceof NetworkError && !(error.cause instanceof RangeError);
}

/**
 * @param {any} fields
 * @returns {Record<string, {code: string}[]>} without entries of any other shape
 */
function readFields(fields) {
  const entries = Object.entries(typeof fields === "object" && fields !== null ? fields : {});
  return Object.fromEntries(entries.map(([name, errors]) => [name, readFieldErrors(errors)]));
}

/**
 * @param {any} errors
 * @returns {{code: string}[]}
 */
function readFieldErrors(errors) {
  const list = Array.isArray(errors) ? errors : [];
  return list.map((error) => ({ code: String(error?.code ?? "") }));
}
