/**
 * Messages on their way to the library, one after the other in the order they were said.
 *
 * A message keeps its id for as long as it is here, so sending it again never does anything twice. It is tried again
 * by itself a few times with growing pauses, then waits for the reader to press “重试” (or to say something else).
 */

const PAUSES_MS = [1000, 3000, 8000];

export class Outbox {
  #api;
  #store;
  #on;
  #queue = [];
  #running = false;
  #wake = null;
  #flight = Promise.resolve();
  #held = true;

  /**
   * @param on {added(entry), sending(entry), progress(entry, 0..1), answered(entry, answer), failed(entry, error), refused(entry, error), idle()}
   *   where entry = {message: {id, type, …}, said: string}
   */
  constructor(api, store, on) {
    this.#api = api;
    this.#store = store;
    this.#on = on;
  }

  /** Put a message in. `said` is what the reader sees as their own words. */
  add(body, said) {
    this.put({ message: { id: newId(), ...body }, said });
  }

  /** The same for an entry kept from before. */
  put(entry) {
    this.#queue.push(entry);
    this.#keep();
    this.#on.added(entry);
    this.retry();
  }

  /** Nothing leaves before the page knows what was said earlier. */
  open() {
    this.#held = false;
    this.#keep();
    this.retry();
  }

  /** Try now what waits. */
  retry() {
    this.#wake?.();
    if (this.#running || this.#held) return;
    this.#running = true;
    this.#run();
  }

  /** Whether this choice is on its way already. */
  has(payload) {
    return this.#queue.some(({ message }) => message.payload === payload);
  }

  get busy() {
    return this.#queue.length > 0;
  }

  /** Resolves when no request is under way (answered or not): what the long poll brings is shown only then. */
  quiet() {
    return this.#flight;
  }

  async #run() {
    let tries = 0;
    while (this.busy) {
      const entry = this.#queue[0];
      const error = await this.#try(entry);
      if (!error || !error.passing) {
        tries = 0;
        continue;
      }
      this.#on.failed(entry, error);
      if (tries >= PAUSES_MS.length) break;
      if (await this.#pause(Math.max(PAUSES_MS[tries], error.retryAfter * 1000))) tries = 0;
      else tries += 1;
    }
    this.#running = false;
    if (!this.busy) this.#on.idle();
  }

  async #try(entry) {
    let land;
    this.#flight = new Promise((resolve) => { land = resolve; });
    this.#on.sending(entry);
    try {
      const answer = entry.message.blob
        ? await this.#api.sendVoice(entry.message, (part) => this.#on.progress(entry, part))
        : await this.#api.send(entry.message);
      this.#done(entry);
      this.#on.answered(entry, answer);
      return null;
    } catch (error) {
      if (error.passing === undefined) throw error;
      if (!error.passing) {
        this.#done(entry);
        this.#on.refused(entry, error);
      }
      return error;
    } finally {
      land();
    }
  }

  /** True when somebody pressed “重试” before the time was up. */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#wake = () => { clearTimeout(timer); resolve(true); };
    }).finally(() => { this.#wake = null; });
  }

  #done(entry) {
    this.#queue = this.#queue.filter((other) => other !== entry);
    this.#keep();
  }

  #keep() {
    // A recording is not kept over a reload: it may be long, and the reader can say it again.
    this.#store.unsent = this.#queue.filter(({ message }) => !message.blob);
  }
}

/** Unique per session; `crypto.randomUUID` is missing on plain http. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
