/** Gives the person a file that was made in the page. */
import { element } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";

const KEPT_MS = 60_000;

/**
 * @param {string} name
 * @param {Blob} content
 */
export function saveAs(name, content) {
  const address = URL.createObjectURL(content);
  const link = element("a", { download: name });
  link.href = address;
  link.click();
  after(KEPT_MS, () => URL.revokeObjectURL(address));
}
