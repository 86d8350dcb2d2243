/** Loads the modules and styles that the first screen of the chat page does not need. */
import { find } from "../../lib/dom.js";
import { once } from "../../lib/once.js";

const styles = once(() => Promise.all(laterLinks("stylesheet").map(added)));

// Loaded while the browser is idle, so that the first use needs no network.
export const loadChatShell = once(() => {
  document.head.append(...laterLinks("modulepreload"));
  return styled(import("./chat-shell.js"));
});
export const loadStoppedPage = once(() => styled(import("./stopped-page.js")));

/**
 * @template Part
 * @param {Promise<Part>} loading
 */
async function styled(loading) {
  const [part] = await Promise.all([loading, styles()]);
  return part;
}

/** @param {"stylesheet" | "modulepreload"} rel */
function laterLinks(rel) {
  return [...find("#later", HTMLTemplateElement).content.querySelectorAll("link")].filter((link) => link.rel === rel);
}

/** @param {HTMLLinkElement} link of a part of the page; in the page's head it is loaded */
function added(link) {
  const node = document.importNode(link);
  return new Promise((resolve, reject) => {
    node.addEventListener("load", resolve);
    node.addEventListener("error", reject);
    node.addEventListener("error", () => node.remove());
    document.head.append(node);
  });
}
