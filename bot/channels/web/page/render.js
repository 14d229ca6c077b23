/** The log: bubbles of both sides, the choices of the newest message, and where the reader is looking. */
import { card } from "./cards/index.js";
import { Choices } from "./cards/choices.js";
import { day, moment } from "./dates.js";
import { el, shown } from "./dom.js";
import { playButton, playNow } from "./playing.js";
import { words } from "./words.js";

/** Kinds whose card shows a part of the words. */
const TOLD_BY_CARD = new Set(["books", "book", "basket", "pickup_points", "order", "orders", "loans", "link", "survey"]);
const NEAR_PX = 120;
const SHOWN = 3;

export class Log {
  #log;
  #newer;
  #on;
  #turn = null;
  #open = null;
  #lastDay = "";

  /** @param on {choose(choice), retry(), sound(url): Promise<Blob>} */
  constructor(log, newer, on) {
    this.#log = log;
    this.#newer = newer;
    this.#on = on;
    newer.addEventListener("click", () => this.toEnd());
    log.addEventListener("scroll", () => { if (this.#nearEnd()) newer.hidden = true; }, { passive: true });
  }

  /** What was said before, without reading it all out; what the reader wrote meanwhile comes after it. */
  fill(messages) {
    const meanwhile = [...this.#log.querySelectorAll(".message")];
    this.#log.setAttribute("aria-live", "off");
    for (const { from, at, text, reply } of messages) {
      this.#dayLine(at);
      if (from === "reader") this.addReader(text, "sent");
      else this.#append(reply ?? { kind: from === "staff" ? "staff" : "text", text }, from);
    }
    this.#log.append(...meanwhile);
    if (meanwhile.length) this.#collapse();
    else this.#turn = null;
    this.toEnd();
    requestAnimationFrame(() => this.#log.setAttribute("aria-live", "polite"));
  }

  /** The reader's own words. Returns a handle whose `state(name)` is sending | sent | failed | refused. */
  addReader(said, state) {
    this.#collapse();
    const note = el("div", { class: "note" });
    const item = el("article", { class: "message reader" }, who("reader"), el("p", { class: "bubble" }, said), note);
    this.#log.append(item);
    this.#log.dataset.talking = "";
    this.#turn = item;
    const handle = {
      state: (name, word) => this.#mark(item, note, name, word),
      note: (text) => note.replaceChildren(el("span", { class: "aside" }, text)),
    };
    handle.state(state);
    this.toEnd();
    return handle;
  }

  /** Replies to what was just said, or later ones that came by themselves. */
  addReplies(replies, { later = false, aloud = false } = {}) {
    const stay = later && !this.#nearEnd();
    for (const [at, reply] of replies.entries()) {
      const item = this.#append(reply, reply.kind === "staff" && !reply.data?.handover ? "staff" : "library");
      if (later && at === 0) this.#turn = item;
    }
    const spoken = aloud ? this.#log.lastElementChild?.querySelector(".play") : null;
    if (spoken) playNow(spoken);
    if (stay) this.#newer.hidden = replies.length === 0;
    else if (replies.length) this.toEnd();
  }

  /** To the end, but never so far that the beginning of the newest turn is out of sight. */
  toEnd() {
    const end = this.#log.scrollHeight - this.#log.clientHeight;
    const start = this.#turn ? this.#turn.offsetTop - this.#log.offsetTop - 12 : end;
    this.#log.scrollTop = Math.min(end, Math.max(start, 0));
    this.#newer.hidden = true;
  }

  #nearEnd() {
    const { scrollHeight, clientHeight, scrollTop } = this.#log;
    return scrollHeight - clientHeight - scrollTop < NEAR_PX;
  }

  #append(reply, from) {
    const choices = new Choices(Array.isArray(reply.choices) ? reply.choices : [], (choice) => this.#on.choose(choice));
    const picture = card(reply, choices);
    const rest = choices.rest();
    if (rest) this.#collapse();
    const label = reply.data?.handover ? words.label.handover : from === "staff" ? words.label.staff : words.label[reply.kind];
    this.#log.dataset.talking = "";
    const classes = ["message", "library", picture && "with-card", reply.kind === "notice" && "notice"];
    const item = el("article", { class: classes.filter(Boolean).join(" ") },
      who(from === "staff" ? "staff" : "library"),
      label ? shown("span", { class: "label" }, label) : null,
      told(reply, picture),
      reply.data?.speech?.url ? playButton(reply.data.speech.url, this.#on.sound) : null,
      picture, rest);
    this.#log.append(item);
    if (rest) this.#open = rest;
    for (const list of item.querySelectorAll(".few")) few(list);
    return item;
  }

  /** Older choices fold away: still there for who is slow, out of the way for everybody else. */
  #collapse() {
    const list = this.#open;
    this.#open = null;
    if (!list?.isConnected) return;
    const fold = el("details", { class: "earlier" }, el("summary", {}, words.earlier(list.children.length)));
    if (list.nextElementSibling?.classList.contains("others")) list.nextElementSibling.remove();
    list.replaceWith(fold);
    list.classList.remove("few");
    fold.append(list);
  }

  #mark(item, note, name, word) {
    item.dataset.state = name;
    if (name === "failed") note.replaceChildren(el("button", { type: "button", class: "retry", onclick: () => this.#on.retry() }, words.failed));
    else note.replaceChildren(...(word ? [el("span", { class: "problem" }, word)] : []));
  }

  #dayLine(at) {
    const name = at ? day(at) : "";
    if (!name || name === this.#lastDay) return;
    this.#lastDay = name;
    this.#log.append(el("p", { class: "day" }, el("time", { datetime: at, title: moment(at) }, name)));
  }
}

function who(from) {
  return el("span", { class: "unseen" }, words.from[from]);
}

/**
 * The words of a reply. Its first line is the sentence, the lines after it say what the card shows; so beside a card
 * only the sentence is seen, and the whole text is there for screen readers.
 */
function told(reply, picture) {
  const text = String(reply.text ?? "").trim();
  const [sentence] = text.split("\n", 1);
  if (!picture || !TOLD_BY_CARD.has(reply.kind)) return el("p", { class: "bubble" }, text);
  if (reply.kind === "link") return el("p", { class: "bubble" }, sentence);
  return el("div", { class: "told" }, el("p", { class: "spoken" }, text), shown("p", { class: "bubble" }, sentence));
}

/** 长辈版 shows three things of a list at once; this button shows the rest. */
function few(list) {
  const more = list.children.length - SHOWN;
  if (more < 1 || list.nextElementSibling?.classList.contains("others")) return;
  const button = el("button", { type: "button", class: "others choice" }, words.others(more));
  button.addEventListener("click", () => {
    list.classList.remove("few");
    list.children[SHOWN]?.querySelector("button")?.focus();
    button.remove();
  });
  list.after(button);
}
