/** Draws a person's picture over the initials. */
import { append, element } from "../../lib/dom.js";
import { showBlob } from "../../lib/media.js";
import { smallPicture } from "../../lib/small-picture.js";

/** @typedef {import("../../lib/small-picture.js").SmallPicture} SmallPicture */

/**
 * @param {Element} node
 * @param {string} drawn what the node is to show; another by now: it was drawn anew meanwhile
 * @param {Promise<SmallPicture | null>} loading
 */
export async function addPicture(node, drawn, loading) {
  const picture = await loading;
  const blob = picture && smallPicture(picture);
  if (blob && node.getAttribute("data-drawn") === drawn) {
    const image = element("img", { alt: "", class: "avatar-picture", draggable: false });
    image.addEventListener("error", () => image.remove());
    showBlob(image, blob);
    append(node, image);
  }
}
