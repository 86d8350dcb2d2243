/** A person's avatar: initials on a colour, and over them the picture that the person has chosen. */
import { fill, setAttributes } from "../../lib/dom.js";

/** @typedef {(email: string) => Promise<import("../../lib/small-picture.js").SmallPicture | null>} PictureOf */
/** @typedef {{initials: string, hue: number, email?: string, picture?: string}} Portrait picture: "" for none; another one for another picture */

/** @type {PictureOf} */
let pictureOf = async () => null;

/** @param {PictureOf} given */
export function takePicturesFrom(given) {
  pictureOf = given;
}

/**
 * @param {Element} node
 * @param {Portrait} person
 * @param {string} [size]
 */
export function drawAvatar(node, { initials, hue, email = "", picture = "" }, size = "") {
  node.setAttribute("class", `avatar ${size} hue-${hue}`);
  const drawn = [initials, picture, picture && email].join(" ");
  if (node.getAttribute("data-drawn") !== drawn) {
    fill(node, initials);
    setAttributes(node, { "data-drawn": drawn });
    if (picture) {
      void import("./avatar-picture.js").then(({ addPicture }) => addPicture(node, drawn, pictureOf(email))).catch(() => {});
    }
  }
}
