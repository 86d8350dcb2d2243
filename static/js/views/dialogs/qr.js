/** Draws QR codes, and reads them from pictures and the camera. The library may be absent on a server. */
import { element } from "../../lib/dom.js";
import { once } from "../../lib/once.js";
import { pause } from "../../lib/timing.js";

// deploy/vendor.py installs these two; a server may run without them.
const qrWriter = once(() => import("qr"));
export const qrReader = once(() => import("qr/decode.js"));

const MODULE_PX = 6;
const QUIET_MODULES = 4;
const LARGEST_FRAME_PX = 720;
const LARGEST_PICTURE_PX = 2000;
const PICTURE_WITHIN_MS = 4000;
const LOOK_EVERY_MS = 120;

/** @typedef {{effort?: number, timeLimit?: number}} Effort */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} text
 * @param {() => boolean} isWanted whether it still is, when what draws it has come
 * @returns {Promise<boolean>} false: it cannot be drawn here
 */
export async function drawCode(canvas, text, isWanted) {
  const writer = await qrWriter().catch(() => null);
  const context = canvas.getContext("2d");
  if (!writer || !context || !isWanted()) return false;
  const rows = writer.encodeQR(text, "raw", { ecc: "low", border: QUIET_MODULES });
  canvas.width = canvas.height = rows.length * MODULE_PX;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  rows.forEach((row, y) =>
    row.forEach((dark, x) => dark && context.fillRect(x * MODULE_PX, y * MODULE_PX, MODULE_PX, MODULE_PX)),
  );
  return true;
}

/**
 * @param {Blob} file
 * @returns {Promise<string | null>} null: no code was found in it
 */
export async function readPicture(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const effort = { effort: Infinity, timeLimit: PICTURE_WITHIN_MS };
  const found = await new Looking(LARGEST_PICTURE_PX, effort).at(picture, picture.width, picture.height);
  picture.close();
  return found;
}

/** Reads a code from the pixels of a hidden canvas. */
class Looking {
  /**
   * @param {number} largestPx
   * @param {Effort} [effort]
   */
  constructor(largestPx, effort = {}) {
    this.largestPx = largestPx;
    this.effort = effort;
    this.canvas = element("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  /**
   * @param {CanvasImageSource} source
   * @param {number} width
   * @param {number} height
   * @returns {Promise<string | null>}
   */
  async at(source, width, height) {
    const reader = await qrReader();
    const scale = Math.min(1, this.largestPx / Math.max(width, height));
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (!this.context || size.width === 0 || size.height === 0) return null;
    Object.assign(this.canvas, size);
    this.context.drawImage(source, 0, 0, size.width, size.height);
    const image = this.context.getImageData(0, 0, size.width, size.height);
    try {
      return reader.decodeQR(image, this.effort);
    } catch {
      return null;
    }
  }
}

export class Camera {
  /**
   * @param {HTMLVideoElement} video
   * @param {(text: string) => Promise<boolean>} onText true: that was all
   */
  constructor(video, onText) {
    this.video = video;
    this.onText = onText;
    this.looking = new Looking(LARGEST_FRAME_PX);
    /** @type {MediaStream | null} */
    this.stream = null;
    /* The camera may be granted after the dialog was closed. */
    this.turn = 0;
  }

  /** @returns {Promise<boolean>} false: there is none, or it may not be used */
  async start() {
    this.stop();
    const { turn } = this;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (turn !== this.turn) return endStream(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      this.video.hidden = false;
      await this.video.play();
    } catch {
      if (turn !== this.turn) return true;
      this.stop();
      return false;
    }
    void this.look(turn);
    return true;
  }

  /** @param {number} turn */
  async look(turn) {
    while (turn === this.turn) {
      const text = await this.looking.at(this.video, this.video.videoWidth, this.video.videoHeight).catch(() => null);
      if (text !== null && turn === this.turn && (await this.onText(text))) return this.stop();
      await pause(LOOK_EVERY_MS);
    }
  }

  stop() {
    this.turn += 1;
    if (this.stream) endStream(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
  }
}

/** @param {MediaStream} stream */
function endStream(stream) {
  stream.getTracks().forEach((track) => track.stop());
  return true;
}
