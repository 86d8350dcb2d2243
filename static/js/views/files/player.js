/** Plays a voice message: a button, the waveform, the time and the speed. */
import { fromHex } from "../../lib/bytes.js";
import { element, fill, setAttributes, setText } from "../../lib/dom.js";
import { showBlob } from "../../lib/media.js";
import { downloadSentence, durationWords } from "./file-words.js";

/** @typedef {import("../../types/file-type.js").FileEntry} FileEntry */

const SPEEDS = [1, 1.5, 2];
const [WIDTH, HEIGHT] = [192, 32];
/** @type {HTMLAudioElement | null} only one plays at a time */
let playing = null;

/**
 * @param {FileEntry} entry
 * @param {import("./file-nodes.js").Load} load
 */
export function playerOf(entry, load) {
  const audio = element("audio");
  const bars = fromHex(entry.waveform);
  const wave = element("canvas", { width: 2 * WIDTH, height: 2 * HEIGHT, class: "voice-wave", "aria-hidden": "true" });
  const time = element("span", { class: "voice-time" }, durationWords(entry.duration / 1000));
  const note = element("span", { class: "file-note", role: "status" });
  const play = element("button", { type: "button", class: "voice-play", "aria-label": "Play voice message" }, "▶");
  const speed = element("button", { type: "button", class: "voice-speed", "aria-label": "Speed 1 times" }, "1×");
  const seek = element("input", { type: "range", min: 0, max: 100, value: 0, class: "voice-seek", "aria-label": "Position" });
  /** A recording does not always say its length. */
  const whole = () => (Number.isFinite(audio.duration) ? audio.duration : entry.duration / 1000);
  const draw = () => {
    const isPlaying = !audio.paused && !audio.ended;
    setText(play, isPlaying ? "❚❚" : "▶");
    setAttributes(play, { "aria-label": isPlaying ? "Pause voice message" : "Play voice message" });
    const share = whole() > 0 ? Math.min(1, audio.currentTime / whole()) : 0;
    seek.value = String(100 * share);
    setText(time, durationWords(audio.currentTime > 0 ? audio.currentTime : whole()));
    drawWave(wave, bars, share);
  };
  const prepare = async () => {
    if (audio.src !== "") return;
    showBlob(audio, await (await load()).content(entry, "file", entry.type));
  };
  play.addEventListener("click", async () => {
    fill(note);
    try {
      await prepare();
      if (!audio.paused) return audio.pause();
      if (playing !== audio) playing?.pause();
      playing = audio;
      await audio.play();
    } catch (error) {
      fill(note, downloadSentence(error));
    }
  });
  speed.addEventListener("click", () => {
    const next = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
    audio.playbackRate = audio.defaultPlaybackRate = next;
    setText(speed, `${next}×`);
    setAttributes(speed, { "aria-label": `Speed ${next} times` });
  });
  seek.addEventListener("input", () => {
    if (audio.src !== "") audio.currentTime = (Number(seek.value) / 100) * whole();
  });
  for (const name of ["play", "pause", "ended", "timeupdate", "loadedmetadata"]) audio.addEventListener(name, draw);
  requestAnimationFrame(draw);
  return element("span", { class: "voice-player" }, play, element("span", { class: "voice-track" }, wave, seek), time, speed, note);
}

/** @param {HTMLCanvasElement} canvas @param {Bytes} bars @param {number} share that was played */
function drawWave(canvas, bars, share) {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000"; // in the dark css/files.css inverts it
  const step = canvas.width / Math.max(bars.length, 1);
  bars.forEach((value, index) => {
    const height = Math.max(4, (value / 255) * canvas.height);
    context.globalAlpha = index / bars.length < share ? 1 : 0.4;
    context.fillRect(index * step, (canvas.height - height) / 2, Math.max(2, step * 0.6), height);
  });
}
