/**
 * The button to speak with: hold it and let go, or press it once and once more (mouse, finger, keyboard alike).
 * Sliding away or Escape throws the recording away.
 */
import { LONGEST_MS, obstacle, Recorder } from "./recorder.js";
import { words } from "./words.js";

/** Held shorter than this it was a press: recording goes on until the next press. */
const PRESS_MS = 350;
const AWAY_PX = 70;

export class Talking {
  #button;
  #panel;
  #note;
  #said;
  #recorder = new Recorder();
  #pressedAt = 0;
  #from = null;
  #away = false;
  #starting = null;

  /** @param {HTMLButtonElement} button @param {HTMLElement} panel @param {(text) => void} note @param {(blob, ms) => void} said */
  constructor(button, panel, note, said) {
    this.#button = button;
    this.#panel = panel;
    this.#note = note;
    this.#said = said;
    button.hidden = false;
    button.addEventListener("pointerdown", (event) => this.#down(event));
    button.addEventListener("pointermove", (event) => this.#move(event));
    button.addEventListener("pointerup", (event) => this.#up(event));
    button.addEventListener("pointercancel", () => this.#cancel());
    button.addEventListener("click", (event) => { if (event.detail === 0) this.#toggle(); });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.#on) this.#cancel(words.voice.cancelled); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.#on) this.#cancel(); });
    panel.querySelector(".voice-cancel").addEventListener("click", () => this.#cancel(words.voice.cancelled));
  }

  get #on() {
    return this.#starting !== null || this.#recorder.recording;
  }

  #down(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#button.focus({ preventScroll: true });
    if (this.#on) {
      this.#pressedAt = -Infinity;
      return;
    }
    this.#button.setPointerCapture(event.pointerId);
    this.#pressedAt = performance.now();
    this.#from = { x: event.clientX, y: event.clientY };
    this.#begin();
  }

  #move(event) {
    if (!this.#from) return;
    this.#away = Math.hypot(event.clientX - this.#from.x, event.clientY - this.#from.y) > AWAY_PX;
    this.#panel.toggleAttribute("data-away", this.#away);
    this.#panel.querySelector(".voice-how").textContent = this.#away ? words.voice.letGo : words.voice.how;
  }

  #up() {
    const held = performance.now() - this.#pressedAt;
    this.#from = null;
    if (this.#away) this.#cancel(words.voice.cancelled);
    else if (held >= PRESS_MS) this.#finish();
  }

  #toggle() {
    if (this.#on) this.#finish();
    else this.#begin();
  }

  async #begin() {
    this.#away = false;
    this.#note("");
    this.#show(true);
    this.#starting = this.#recorder.start((level, ms) => this.#level(level, ms));
    try {
      await this.#starting;
    } catch (error) {
      this.#show(false);
      this.#note(words.voice[error.message] ?? words.voice.missing);
    } finally {
      this.#starting = null;
    }
  }

  async #finish() {
    await this.#starting?.catch(() => null);
    if (!this.#recorder.recording) return;
    const recorded = await this.#recorder.stop();
    this.#show(false);
    if (recorded) this.#said(recorded.blob, recorded.milliseconds);
    else this.#note(words.voice.short);
  }

  async #cancel(word = "") {
    this.#from = null;
    await this.#starting?.catch(() => null);
    this.#recorder.cancel();
    this.#show(false);
    if (word) this.#note(word);
  }

  #level(level, ms) {
    this.#panel.style.setProperty("--level", level.toFixed(2));
    this.#panel.querySelector(".voice-time").textContent = words.voice.time(Math.floor(ms / 1000));
    if (ms >= LONGEST_MS) this.#finish();
  }

  #show(on) {
    this.#button.setAttribute("aria-pressed", String(on));
    this.#button.querySelector("span").textContent = on ? words.voice.stop : words.voice.speak;
    this.#panel.hidden = !on;
    this.#panel.removeAttribute("data-away");
    this.#panel.querySelector(".voice-how").textContent = words.voice.how;
    this.#panel.querySelector(".voice-time").textContent = words.voice.time(0);
    document.documentElement.toggleAttribute("data-recording", on);
  }
}

/** In words, why the microphone can't be used here; "" when it can. */
export function whyNot() {
  const why = obstacle();
  return why ? words.voice[why] : "";
}
