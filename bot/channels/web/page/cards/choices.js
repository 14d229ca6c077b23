/** The choices of one reply, some of which may stand in a card's rows and the rest below it. */
import { el } from "../dom.js";

export class Choices {
  /** @param {{title: string, payload: string}[]} list @param {(choice) => void} press */
  constructor(list, press) {
    this.list = [...list];
    this.press = press;
  }

  copy() {
    return new Choices(this.list, this.press);
  }

  become(other) {
    this.list = other.list;
  }

  /**
   * The first choice that just names the row ("活着", or "D20261123-0007《活着》"); it is taken off the list. One that says
   * what it does ("续借《活着》") stays below the card, where its words are seen.
   */
  take(name) {
    const choice = this.find(name);
    this.list = this.list.filter((other) => other !== choice);
    return choice;
  }

  /** The same, left on the list. */
  find(name) {
    return this.list.find(({ title }) => title === name || title.startsWith(`${name}《`));
  }

  /**
   * The rows of a card, made by `row(choices, item, at)`. Their words are not read out when they arrive: the message's
   * text has said them. Rows to look at only are hidden from screen readers altogether.
   */
  rows(items, row, className = "card") {
    const list = el("ol", { class: `${className} rows few`, "aria-live": "off" }, ...items.map((item, at) => row(this, item, at)));
    if (!list.querySelector("button")) list.setAttribute("aria-hidden", "true");
    return list;
  }

  /** One row: a button when the reader can choose it, else only to look at. */
  row(name, className, ...content) {
    const choice = this.take(name);
    if (!choice) return el("li", {}, el("div", { class: `row ${className}` }, ...content));
    return el("li", {}, this.#button(choice, `row pick ${className}`, content));
  }

  /** What is left, as buttons under the message; null when nothing is. */
  rest() {
    if (!this.list.length) return null;
    return el("ul", { class: "choices few" }, ...this.list.map((choice) => el("li", {}, this.#button(choice, "choice", [choice.title]))));
  }

  /** The second click of a double click presses nothing. */
  #button(choice, className, content) {
    const onclick = (event) => { if (event.detail < 2) this.press(choice); };
    return el("button", { type: "button", class: className, onclick }, ...content);
  }
}
