/** Which chat is open, as the address says it: /chat#/alice@example.org. So the browser's back works. */

export class Router {
  /** @param {(email: string | null) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.email = read();
    /** @type {string | null | undefined} where one came from; undefined: from outside */
    this.from = undefined;
  }

  start() {
    addEventListener("hashchange", () => this.changed());
    this.onChange(this.email);
  }

  changed() {
    const email = read();
    if (email === this.email) return;
    this.from = this.email;
    this.email = email;
    this.onChange(email);
  }

  /** @param {string} email */
  open(email) {
    location.hash = addressOf(email);
  }

  /** To the chats: the way back where one came from there, so that the history does not grow. */
  close() {
    if (this.email === null) return;
    if (this.from === null) history.back();
    else location.replace("#/");
  }
}

/** @param {string} email */
export function addressOf(email) {
  return `#/${encodeURIComponent(email).replaceAll("%40", "@")}`;
}

function read() {
  const written = location.hash.replace(/^#\/?/u, "");
  try {
    return decodeURIComponent(written) || null;
  } catch {
    return null;
  }
}
