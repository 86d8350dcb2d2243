/** Reloads the page after one of its files has changed or the server has restarted. */

const PAUSE_MS = 500;

/**
 * @param {string} known
 * @returns {Promise<string>} the served version when it has changed; the known one if the server does not answer
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
