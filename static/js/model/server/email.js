/**
 * Normalises an email as the server does (accounts/emails.py), to compare its answer with the email that was asked for.
 * Characters outside ASCII stay, so that such an email equals none of the server's.
 * @param {string} email
 * @returns {string}
 */
export function normalised(email) {
  const small = email.normalize("NFKC").toLowerCase().replaceAll("ß", "ss");
  return small.normalize("NFKC").trim();
}
