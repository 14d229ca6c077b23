/** Where the reader writes: Enter sends, Shift+Enter is a new line, a word still being composed is never sent. */
import { words } from "./words.js";

const NEARLY = 100;

export class Composer {
  #form;
  #field;
  #note;
  #say;

  /** @param {HTMLFormElement} form @param {(text: string) => void} say */
  constructor(form, say) {
    this.#form = form;
    this.#field = form.querySelector("textarea");
    this.#note = form.querySelector(".say-note");
    this.#say = say;
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#field.addEventListener("input", () => this.#measure());
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  /** A short word under the field, read out too. */
  note(text) {
    this.#note.textContent = text;
    this.#note.classList.remove("problem");
  }

  #key(event) {
    // keyCode 229: Safari ends the composition before it reports the Enter that ended it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!event.repeat) this.#send();
  }

  #send() {
    const text = this.#field.value.trim();
    this.focus();
    if (!text || this.#over() > 0) return;
    this.#field.value = "";
    this.#measure();
    this.#say(text);
  }

  #over() {
    return [...this.#field.value.trim()].length - words.limit;
  }

  #measure() {
    const over = this.#over();
    this.note(over > 0 ? words.tooLong(over) : over > -NEARLY ? words.left(-over) : "");
    this.#note.classList.toggle("problem", over > 0);
    this.#field.setAttribute("aria-invalid", String(over > 0));
    this.#field.style.height = "auto";
    this.#field.style.height = `${Math.min(this.#field.scrollHeight + 2, innerHeight * 0.3)}px`;
  }
}
