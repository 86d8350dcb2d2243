/** Small pictures of people, and what claims to be one, of docs/test_vectors/pictures.json. */
import { fromHex, toBase64 } from "../../../static/js/lib/bytes.js";
import { readVectors } from "../crypto/vectors.js";

const cases = readVectors("pictures.json").pictures.map(({ name, type, data, is_drawn: isDrawn }) =>
  ({ name, picture: { type, data: toBase64(fromHex(data)) }, isDrawn }));

export const PICTURES = cases;
export const PICTURE = cases.find(({ name }) => name === "png").picture;
