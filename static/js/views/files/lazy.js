/** What is loaded when a file is chosen, opened or recorded. */
import { once } from "../../lib/once.js";

export const loadPreparation = once(() => import("./prepare.js"));
export const loadGallery = once(() => import("./gallery.js"));
export const loadRecorder = once(() => import("./recorder.js"));
export const loadPlayer = once(() => import("./player.js"));
export const loadMediaPlayer = once(() => import("./media-player.js"));
