/** The name of this browser in the list of the person's browsers. */

const PROGRAMS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["SamsungBrowser/", "Samsung Internet"], ["Firefox/", "Firefox"], ["FxiOS/", "Firefox"],
  ["CriOS/", "Chrome"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["CrOS", "ChromeOS"], ["Windows", "Windows"], ["Mac OS X", "Mac"],
  ["Linux", "Linux"]];

/**
 * @param {string} [userAgent]
 * @returns {string} such as "Firefox on Linux"
 */
export function browserName(userAgent = globalThis.navigator?.userAgent ?? "") {
  const named = (/** @type {string[][]} */ table) => table.find(([part]) => userAgent.includes(part))?.[1];
  return [named(PROGRAMS) ?? "Browser", named(SYSTEMS)].filter(Boolean).join(" on ");
}
