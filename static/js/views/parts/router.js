/**
 * Which chat is open, by the page's address: /chat#/alice@example.org. The browser's Back button works.
 *
 * A chat is shown in the task of the gesture that opens it. The browser's `hashchange` comes later, and keys that are
 * pressed until then would go to the chat that was open before.
 */

const CHAT_ADDRESS = "#/";

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
    document.addEventListener("click", (event) => this.clicked(event));
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
    this.go(addressOf(email));
  }

  /** @param {string} hash */
  go(hash) {
    location.hash = hash;
    this.changed();
  }

  /** @param {MouseEvent} event a click with a modifier is the browser's own: another tab, say */
  clicked(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
    if (!link?.getAttribute("href")?.startsWith(CHAT_ADDRESS) || event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    this.go(link.hash);
  }

  /** Goes to the list of chats: one step back where that was the last page, so that the history does not grow. */
  close() {
    if (this.email === null) return;
    if (this.from === null) history.back();
    else location.replace("#/");
  }
}

/** @param {string} email */
export function addressOf(email) {
  return `${CHAT_ADDRESS}${encodeURIComponent(email).replaceAll("%40", "@")}`;
}

function read() {
  if (!location.hash.startsWith(CHAT_ADDRESS)) return null;
  try {
    return decodeURIComponent(location.hash.slice(CHAT_ADDRESS.length)) || null;
  } catch {
    return null;
  }
}
