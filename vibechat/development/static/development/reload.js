/** Reloads the page when a file has changed that it is made of, or the server has started again. */

const PAUSE_MS = 500;

/**
 * @param {string} known
 * @returns {Promise<string>} the version that is served, once it is another; the known one where nothing answers
 */
async function nextVersion(known) {
  try {
    const answer = await fetch(`/development/changes?known=${known}`);
    return answer.ok ? await answer.text() : known;
  } catch {
    return known;
  }
}

async function follow() {
  let known = "";
  for (;;) {
    const next = await nextVersion(known);
    if (known && next !== known) {
      location.reload();
    }
    known = next;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

void follow();
