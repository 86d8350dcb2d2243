/**
 * The server's rule (accounts/emails.py), to compare its answer with the address that was asked for. Characters outside
 * ASCII stay, so that such an address equals none.
 * @param {string} email
 * @returns {string}
 */
export function normalised(email) {
  const small = email.normalize("NFKC").toLowerCase().replaceAll("ß", "ss");
  return small.normalize("NFKC").trim();
}
