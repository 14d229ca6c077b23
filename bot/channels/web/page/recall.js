/** What was said before this page was opened: the library keeps it, so it survives reloads and restarts. */

const HOW_MANY = 50;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Send what was on its way when the page was closed (same id: nothing happens twice), then fetch the history, which
 * has it all in order. Keeps trying while the library cannot be reached.
 *
 * @returns {messages, cursor, left}: `left` are the entries that still could not be sent
 */
export async function remember(api, store, connected) {
  let left = store.unsent;
  for (let failures = 0; ; failures += 1) {
    left = await resend(api, left);
    try {
      const history = await api.history(HOW_MANY);
      if (failures) connected(true);
      return { ...history, left };
    } catch (error) {
      if (error.status === 401) return { ...(await anew(api, error)), left };
      if (!error.passing) return { messages: [], cursor: 0, left };
      connected(false);
      await pause(Math.max(error.retryAfter * 1000, Math.min(1000 * 2 ** failures, LONGEST_PAUSE_MS)));
    }
  }
}

/** The library forgot this conversation: an empty page, and a new session with the next message. */
async function anew(api, error) {
  await api.renew(error.session).catch(() => null);
  return { messages: [], cursor: 0 };
}

async function resend(api, entries) {
  for (const [at, entry] of entries.entries()) {
    try {
      await api.send(entry.message);
    } catch (error) {
      if (error.passing) return entries.slice(at);
    }
  }
  return [];
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
