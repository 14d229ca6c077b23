/** Plays the library's answers: a button beside the words, one voice at a time. */
import { el } from "./dom.js";
import { words } from "./words.js";

let playing = null;

/** A button that plays `url` (fetched with the session). `fetchSound(url)` → Promise<Blob>. */
export function playButton(url, fetchSound) {
  const button = el("button", { type: "button", class: "play", "aria-pressed": "false" }, words.voice.play);
  button.addEventListener("click", () => (playing?.button === button ? stop() : play(button, url, fetchSound)));
  return button;
}

/** Play without being asked: the reader spoke, so an answer is heard too. Browsers may forbid it; then the button waits. */
export function playNow(button) {
  if (!playing && !document.hidden && !document.documentElement.hasAttribute("data-recording")) button.click();
}

async function play(button, url, fetchSound) {
  stop();
  const mine = { button, audio: new Audio() };
  playing = mine;
  tell(button, words.voice.loading, true);
  try {
    const address = URL.createObjectURL(await fetchSound(url));
    mine.audio.src = address;
    mine.audio.addEventListener("ended", () => { URL.revokeObjectURL(address); if (playing === mine) stop(); }, { once: true });
    if (playing !== mine) return;
    tell(button, words.voice.stopPlaying, true);
    await mine.audio.play();
  } catch (error) {
    if (playing === mine) stop();
    if (error.name !== "NotAllowedError" && error.name !== "AbortError") tell(button, words.voice.unplayable, false);
  }
}

/** Silence. */
export function stop() {
  if (!playing) return;
  playing.audio.pause();
  tell(playing.button, words.voice.play, false);
  playing = null;
}

function tell(button, text, on) {
  button.textContent = text;
  button.setAttribute("aria-pressed", String(on));
}
