/** Records a voice message: a bar in the place of the composer, with the time, "Cancel" and "Send". */
import { toHex } from "../../lib/bytes.js";
import { dictionary } from "../../lib/dictionary.js";
import { button, element, setText } from "../../lib/dom.js";
import { every } from "../../lib/timing.js";
import { durationWords } from "./file-words.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const BARS = 64;
const TICK_MS = 200;
const LONGEST_MS = 3_600_000;
const NOT_ALLOWED = "VibeChat may not use the microphone. Allow it in the browser, then try again.";
/** @type {Record<string, string>} by the name of the browser's error */
const REFUSALS = dictionary({
  NotFoundError: "This device has no microphone.",
  NotReadableError: "Another program uses the microphone. Close it, then try again.",
});

/** @typedef {import("../../model/files/upload.js").Prepared} Prepared */

export class Recorder {
  /**
   * @param {object} parts
   * @param {HTMLElement} parts.form
   * @param {HTMLButtonElement} parts.opener
   * @param {(...words: import("../../lib/dom.js").Child[]) => void} parts.tell
   * @param {(prepared: Prepared) => void} parts.onDone
   * @param {(words: string) => void} parts.onRefused
   */
  constructor({ form, opener, tell, onDone, onRefused }) {
    this.form = form;
    this.opener = opener;
    this.tell = tell;
    this.onDone = onDone;
    this.onRefused = onRefused;
    this.time = element("span", { class: "recorder-time", role: "timer", "aria-label": "Recorded" }, "0:00");
    this.bar = element("div", { class: "recorder", role: "group", "aria-label": "Voice message" },
      element("span", { class: "recorder-dot", "aria-hidden": "true" }), this.time,
      button("Cancel", () => this.end(false), { "aria-label": "Cancel voice message" }),
      button("Send", () => this.end(true), { class: "button small", "aria-label": "Send voice message" }));
  }

  async start() {
    const type = TYPES.find((one) => globalThis.MediaRecorder?.isTypeSupported(one));
    if (!type || !navigator.mediaDevices) return this.onRefused("This browser can't record.");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      return this.onRefused(REFUSALS[error instanceof DOMException ? error.name : ""] ?? NOT_ALLOWED);
    }
    /** @type {Blob[]} */
    this.pieces = [];
    this.recorder = new MediaRecorder(this.stream, { mimeType: type, audioBitsPerSecond: 32_000 });
    this.recorder.addEventListener("dataavailable", ({ data }) => this.pieces?.push(data));
    this.recorder.addEventListener("stop", () => void this.stopped());
    this.recorder.start(1000);
    this.startedAt = performance.now();
    this.timer = every(TICK_MS, () => this.tick());
    this.form.classList.add("recording");
    this.form.prepend(this.bar);
    this.bar.querySelector("button")?.focus();
    this.tell("Recording");
  }

  get lengthMs() {
    return performance.now() - (this.startedAt ?? 0);
  }

  tick() {
    setText(this.time, durationWords(this.lengthMs / 1000));
    if (this.lengthMs > LONGEST_MS) this.end(true);
  }

  /** @param {boolean} isSent */
  end(isSent) {
    if (this.recorder?.state !== "recording") return;
    this.isSent = isSent;
    this.duration = Math.round(this.lengthMs);
    this.recorder.stop();
  }

  async stopped() {
    clearInterval(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.form.classList.remove("recording");
    this.bar.remove();
    this.opener.focus();
    if (!this.isSent || !this.pieces) return;
    const type = (this.recorder?.mimeType ?? "").split(";")[0];
    const content = new Blob(this.pieces, { type });
    const ending = { "audio/webm": "webm", "audio/ogg": "ogg" }[type] ?? "m4a";
    const told = { width: 0, height: 0, thumbnail: null, preview: null, duration: this.duration ?? 0 };
    this.onDone({ ...told, name: `Voice message.${ending}`, type, content, waveform: await waveformOf(content) });
  }
}

/** @param {Blob} content @returns {Promise<string>} 64 loudnesses in hexadecimal */
async function waveformOf(content) {
  const context = new AudioContext();
  try {
    const samples = (await context.decodeAudioData(await content.arrayBuffer())).getChannelData(0);
    const step = Math.max(1, Math.floor(samples.length / BARS));
    const peaks = Array.from({ length: BARS }, (_, bar) => samples.subarray(bar * step, (bar + 1) * step).reduce((peak, one) => Math.max(peak, Math.abs(one)), 0));
    const loudest = Math.max(...peaks, 0.01);
    return toHex(Uint8Array.from(peaks, (peak) => Math.round((255 * peak) / loudest)));
  } catch {
    return toHex(new Uint8Array(BARS).fill(64));
  } finally {
    await context.close();
  }
}
