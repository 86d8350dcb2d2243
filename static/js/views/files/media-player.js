/** Plays a sound or video of a message, with the browser's own controls. */
import { element, fill } from "../../lib/dom.js";
import { playFrom, showBlob } from "../../lib/media.js";
import { downloadSentence } from "./file-words.js";

/** @typedef {{ entry: import("../../types/file-type.js").FileEntry, kind: "audio" | "video", load: import("./file-nodes.js").Load }} Played */

/**
 * While it is loaded, where the service worker runs; else once it is here.
 * @param {HTMLElement} place of the player, or of what went wrong
 * @param {HTMLElement} button hidden while the player is there
 * @param {Played} played
 */
export async function playIn(place, button, { entry, kind, load }) {
  const hasFocus = document.activeElement === button;
  button.hidden = true;
  fill(place, "Loading…");
  try {
    const files = await load();
    const streamed = files.played(entry);
    if (streamed === null || !(await plays(streamed))) {
      await plays(null);
    }
  } catch (error) {
    failed(error);
  }

  /**
   * @param {import("../../model/files/playing.js").PlayedFile | null} streamed
   * @returns {Promise<boolean>} false: the worker has not asked this page
   */
  async function plays(streamed) {
    const media = element(kind, { controls: true, class: "file-player", "aria-label": entry.name });
    const isKnown = new Promise((resolve) => ["loadedmetadata", "error"].forEach((name) => media.addEventListener(name, resolve, { once: true })));
    if (streamed) {
      playFrom(media, streamed.address);
    } else {
      showBlob(media, await (await load()).content(entry, "file", entry.type));
    }
    place.replaceChildren(media);
    if (hasFocus) media.focus();
    await isKnown;
    if (media.error && streamed && !streamed.error) return false;
    if (media.error) throw streamed?.error ?? media.error;
    media.addEventListener("error", () => failed(streamed?.error ?? media.error));
    await media.play().catch(() => {});
    return true;
  }

  /** @param {unknown} error */
  function failed(error) {
    button.hidden = false;
    fill(place, error instanceof MediaError ? "This browser can't play this file. You can save it." : downloadSentence(error));
  }
}
