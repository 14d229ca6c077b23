/**
 * Later messages arrive by themselves: one long poll after the other, paused while the page is hidden, reconnecting
 * with growing pauses when the library cannot be reached.
 */

const WAIT_S = 25;
const LONGEST_PAUSE_MS = 30_000;
const TOO_QUICK_MS = 500;

export class Listener {
  #api;
  #on;
  #cursor = 0;
  #running = false;
  #poll = null;
  #wake = null;
  #failures = 0;
  #told = true;

  /** @param on {later(answer): Promise, connected(yes: boolean)} */
  constructor(api, on) {
    this.#api = api;
    this.#on = on;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#poll?.abort() : this.#wake?.()));
    window.addEventListener("online", () => this.#wake?.());
  }

  /** Begin after `cursor`; does nothing when it listens already. */
  start(cursor = 0) {
    if (this.#running) return;
    this.#running = true;
    this.#cursor = cursor;
    this.#listen();
  }

  async #listen() {
    while (this.#running) {
      if (document.hidden) await this.#pause(Infinity);
      const began = performance.now();
      try {
        const brought = await this.#once();
        if (!brought && performance.now() - began < TOO_QUICK_MS) await this.#pause(2000);
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async #once() {
    this.#poll = new AbortController();
    // After a failure ask without waiting, so that the page knows at once that the library is back.
    const answer = await this.#api.later(this.#cursor, this.#failures ? 0 : WAIT_S, this.#poll.signal);
    const wasLost = this.#failures > 0;
    this.#failures = 0;
    this.#tell(true);
    await this.#on.later(answer);
    this.#cursor = Math.max(this.#cursor, answer.cursor);
    return answer.replies.length > 0 || wasLost;
  }

  async #recover(error) {
    if (this.#poll.signal.aborted) return;
    if (error.status === 401) {
      this.#cursor = 0;
      await this.#api.renew(error.session).catch(() => { this.#failures += 1; });
    } else if (error.status === undefined) {
      throw error;
    } else {
      this.#failures += 1;
    }
    if (this.#failures > 1) this.#tell(false);
    if (this.#failures) await this.#pause(backOff(this.#failures, error.retryAfter));
  }

  /** Only changes are told. */
  #tell(connected) {
    if (this.#told !== connected) this.#on.connected(connected);
    this.#told = connected;
  }

  #pause(ms) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (ms !== Infinity) setTimeout(resolve, ms);
    });
  }
}

/** 1 s, 2 s, 4 s … 30 s, scattered so that not every page comes back in the same moment. */
function backOff(failures, retryAfter = 0) {
  const pause = Math.min(1000 * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.7 + 0.6 * Math.random());
  return Math.max(pause, retryAfter * 1000);
}
