/** The worker's requests for pages and files. Its calls of the API go through net/api.js. */

/**
 * @param {Request | string} request
 * @param {RequestInit} [how]
 * @returns {Promise<Response>}
 */
export function load(request, how) {
  return fetch(request, how);
}
