/** Sentences and numbers about files. Pure. */
import { asFailure, sentence } from "../parts/strings.js";
import { dictionary } from "../../lib/dictionary.js";

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** @param {number} bytes */
export function sizeWords(bytes) {
  if (bytes === 1) return "1 byte";
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: power > 0 && value < 10 ? 1 : 0 })} ${UNITS[power]}`;
}

/** @param {number} seconds */
export function durationWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @typedef {{ code?: string, reason?: string, name?: string, status?: number, facts?: { left?: unknown, allowed?: unknown } }} Trouble */
/** @type {Record<string, (trouble: Trouble) => string>} by code of why a file could not be sent */
const UPLOADS = dictionary({
  file_too_large: ({ facts }) => `This file is too large. On this server a file may have ${sizeWords(Number(facts?.allowed) || 0)}.`,
  files_full: ({ facts }) => `There is room for ${sizeWords(Number(facts?.left) || 0)} more of your files on this server. Delete some messages with files.`,
  files_day_full: ({ facts }) => `You can send ${sizeWords(Number(facts?.left) || 0)} more of files today.`,
  storage_away: () => "The server can't store files just now. Try again later.",
  copy_lost: () => "This upload was interrupted. Choose the file again.",
  too_many_files: () => "A message can have 20 files. Send these first.",
  no_version_2: () => "They can't get files yet: they have to open VibeChat once more.",
  user_not_found: () => "This account no longer exists.",
});

/** @param {unknown} error */
export function uploadSentence(error) {
  const trouble = /** @type {Trouble} */ (typeof error === "object" && error !== null ? error : {});
  return UPLOADS[trouble.code ?? ""]?.(trouble) ?? sentence(asFailure(error));
}

/** @param {unknown} error of a download */
export function downloadSentence(error) {
  const { name, status } = /** @type {Trouble} */ (typeof error === "object" && error !== null ? error : {});
  if (name === "ProtocolError" || name === "DecryptionError") return "This is not the file that was sent. VibeChat doesn't open it.";
  if (status === 404) return "This file is no longer on the server.";
  return sentence(asFailure(error));
}
