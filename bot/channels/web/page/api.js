/** Client of the public chat API, and the page's only way to the library. Nothing here touches the document. */

/** A turn takes a third of a second; after this long the answer is taken for lost and asked for again. */
const PATIENCE_MS = 30_000;

/** A refused request: `status` (0: no answer at all), `code` of the API, `retryAfter` in seconds, the `session` used. */
export class ApiError extends Error {
  constructor(status, code = "", retryAfter = 0, session = null) {
    super(`${status} ${code}`);
    this.status = status;
    this.session = session;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same message may get through later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  #store;
  #base;
  #opening = null;

  /** @param {{session: string|null}} store @param {string} base where the API lives, "/api/chat" */
  constructor(store, base = "/api/chat") {
    this.#store = store;
    this.#base = base;
  }

  get hasSession() {
    return this.#store.session !== null;
  }

  /** POST a message {id, type, …}; the same id may be sent again. → {replies, cursor, heard?} */
  async send(message) {
    if (!this.hasSession) await this.#openSession();
    try {
      return await this.#call("POST", "/messages", { body: message });
    } catch (error) {
      if (error.status !== 401) throw error;
      await this.renew(error.session);
      return this.#call("POST", "/messages", { body: message });
    }
  }

  /** POST a recording {id, type: "voice", blob}; `onProgress(0..1)` while it goes up. As `send`. */
  async sendVoice(message, onProgress) {
    if (!this.hasSession) await this.#openSession();
    try {
      return await this.#upload(message, onProgress);
    } catch (error) {
      if (error.status !== 401) throw error;
      await this.renew(error.session);
      return this.#upload(message, onProgress);
    }
  }

  /** A reply spoken. → Blob */
  async sound(url) {
    const session = this.#store.session;
    const response = await fetch(url, { headers: { Authorization: `Bearer ${session}` }, credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw await refusal(response, session);
    return response.blob();
  }

  /** XMLHttpRequest, because fetch does not tell how far an upload is. */
  #upload({ id, blob }, onProgress) {
    const session = this.#store.session;
    const form = new FormData();
    form.append("id", id);
    form.append("type", "voice");
    form.append("file", blob, "voice");
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const lost = () => reject(new ApiError(0));
      request.open("POST", `${this.#base}/messages`);
      request.setRequestHeader("Authorization", `Bearer ${session}`);
      request.responseType = "json";
      request.timeout = PATIENCE_MS;
      request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
      request.addEventListener("load", () => {
        if (request.status === 200 && request.response) resolve(request.response);
        else reject(new ApiError(request.status, request.response?.error?.code, Number(request.getResponseHeader("Retry-After")) || 0, session));
      });
      for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, lost);
      request.send(form);
    });
  }

  /** Replies after `cursor`; the server answers when there is one, or after `wait` seconds with none. */
  later(cursor, wait, signal) {
    return this.#call("GET", `/messages?after=${cursor}&wait=${wait}`, { signal, patience: (wait + 15) * 1000 });
  }

  /** The last messages of both sides, oldest first. → {messages: [{cursor, from, at, text, reply?}], cursor} */
  history(limit = 50) {
    return this.#call("GET", `/history?limit=${limit}`);
  }

  /** The conversation forgets the card. */
  unbind() {
    return this.#call("DELETE", "/bind");
  }

  /** The server no longer knows session `old`: quietly take a new one (once, however many requests noticed). */
  async renew(old) {
    if (this.#store.session === old) this.#store.session = null;
    if (!this.hasSession) await this.#openSession();
  }

  #openSession() {
    this.#opening ??= this.#call("POST", "/sessions")
      .then((answer) => { this.#store.session = answer.session; })
      .finally(() => { this.#opening = null; });
    return this.#opening;
  }

  async #call(method, path, { body, signal, patience = PATIENCE_MS } = {}) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const session = this.#store.session;
    if (session) headers.Authorization = `Bearer ${session}`;
    const limit = AbortSignal.timeout(patience);
    let response;
    try {
      response = await fetch(this.#base + path, {
        method, headers, cache: "no-store", credentials: "omit",
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? either(signal, limit) : limit,
      });
      if (response.ok) return response.status === 204 ? null : await response.json();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0);
    }
    throw await refusal(response, session);
  }
}

async function refusal(response, session) {
  const told = await response.json().catch(() => null);
  return new ApiError(response.status, told?.error?.code, Number(response.headers.get("Retry-After")) || 0, session);
}

/** AbortSignal.any, for browsers of before 2023 as well. */
function either(...signals) {
  if (AbortSignal.any) return AbortSignal.any(signals);
  const both = new AbortController();
  for (const signal of signals) signal.addEventListener("abort", () => both.abort(), { once: true });
  return both.signal;
}
