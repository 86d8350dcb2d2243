/**
 * Whether the browser may delete this site's data when space runs short (Storage Standard §4). Firefox puts the request
 * to the person, and settles it when they have answered, which may be never: nothing waits for it.
 */

/**
 * @returns {Promise<"kept" | "asks" | "decides">} asks: a request would put a question to the person; decides: the
 *   browser answers by itself, or has been answered before
 */
export async function persistenceState() {
  const { permissions, storage } = navigator;
  if (await storage?.persisted?.()) {
    return "kept";
  }
  // Chromium calls its own decision "prompt" as well. No other browser has userAgentData.
  if (!permissions || "userAgentData" in navigator) {
    return "decides";
  }
  const name = /** @type {PermissionName} */ ("persistent-storage");
  const state = await permissions.query({ name }).then((found) => found.state, () => "unknown");
  return state === "prompt" ? "asks" : "decides";
}

export function requestPersistence() {
  navigator.storage?.persist?.().catch(() => {});
}
