/**
 * Whether the browser may delete this site's data when space runs short (Storage Standard §4). Firefox asks the person and
 * settles the request with the answer, which may never come, so nothing waits for it.
 */

/**
 * @returns {Promise<"kept" | "asks" | "decides">} asks: a request would ask the person; decides: the browser decides
 *   without asking, or the person has answered before
 */
export async function persistenceState() {
  const { permissions, storage } = navigator;
  if (await storage?.persisted?.()) {
    return "kept";
  }
  // Chromium reports "prompt" although it decides without asking. No other browser has userAgentData.
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
