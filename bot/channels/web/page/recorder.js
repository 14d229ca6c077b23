/** Records what the reader says: the microphone, how loud it is, how long it takes. Nothing here knows the page. */

/** Longest voice message that the library hears. */
export const LONGEST_MS = 60_000;
const SHORTEST_MS = 400;
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
const SOUND = { audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } };

/** Why recording is not possible here: "insecure" | "missing" | null. */
export function obstacle() {
  if (!window.isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia && window.MediaRecorder ? null : "missing";
}

/** One recording at a time. */
export class Recorder {
  #stream = null;
  #recorder = null;
  #context = null;
  #parts = [];
  #began = 0;
  #frame = 0;

  /** Ask for the microphone and begin. Rejects with an Error "refused" | "missing" | "insecure". */
  async start(onLevel) {
    const why = obstacle();
    if (why) throw new Error(why);
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(SOUND);
    } catch (error) {
      throw new Error(error.name === "NotAllowedError" || error.name === "SecurityError" ? "refused" : "missing");
    }
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.#recorder = new MediaRecorder(this.#stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: 32_000 });
    this.#parts = [];
    this.#recorder.addEventListener("dataavailable", ({ data }) => { if (data.size) this.#parts.push(data); });
    this.#recorder.start();
    this.#began = performance.now();
    this.#listen(onLevel);
  }

  get recording() {
    return this.#recorder?.state === "recording";
  }

  /** End it. → {blob, milliseconds}, or null when it was a slip of the thumb. */
  async stop() {
    if (!this.recording) return this.cancel();
    const milliseconds = performance.now() - this.#began;
    const type = this.#recorder.mimeType;
    await new Promise((resolve) => {
      this.#recorder.addEventListener("stop", resolve, { once: true });
      this.#recorder.stop();
    });
    const blob = new Blob(this.#parts, { type });
    this.#release();
    return milliseconds < SHORTEST_MS || blob.size === 0 ? null : { blob, milliseconds };
  }

  /** End it and forget it. */
  cancel() {
    if (this.recording) this.#recorder.stop();
    this.#release();
    return null;
  }

  /** `onLevel(0..1, milliseconds)` a few times a second. */
  #listen(onLevel) {
    const Context = window.AudioContext ?? window.webkitAudioContext;
    const meter = Context ? this.#meter(Context) : null;
    const tick = () => {
      if (!this.#stream) return;
      onLevel(meter ? meter() : 0, performance.now() - this.#began);
      this.#frame = setTimeout(tick, 80);
    };
    tick();
  }

  #meter(Context) {
    this.#context = new Context();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 512;
    this.#context.createMediaStreamSource(this.#stream).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    return () => {
      analyser.getByteTimeDomainData(samples);
      const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample - 128)), 0);
      return Math.min(1, loudest / 80);
    };
  }

  #release() {
    clearTimeout(this.#frame);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#stream = this.#recorder = this.#context = null;
  }
}
