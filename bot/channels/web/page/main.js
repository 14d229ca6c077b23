/** Puts the page together. */
import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { Deliveries } from "./deliveries.js";
import { el } from "./dom.js";
import { elderSwitch } from "./elder.js";
import { Listener } from "./listener.js";
import { whereAmI } from "./location.js";
import { Outbox } from "./outbox.js";
import { remember } from "./recall.js";
import { Log } from "./render.js";
import { store } from "./store.js";
import { stop as silence } from "./playing.js";
import { Talking, whyNot } from "./talking.js";
import { words } from "./words.js";

const byId = (id) => document.getElementById(id);
const touch = matchMedia("(pointer: coarse)");

const api = new Api(store);
const deliveries = new Deliveries();
const bubbles = new Map();
const log = new Log(byId("log"), byId("newer"), { choose, retry: () => outbox.retry(), sound: (url) => api.sound(url) });
const composer = new Composer(byId("composer"), (text) => say({ type: "text", text }, text));
const outbox = new Outbox(api, store, { added, sending, progress, answered, failed, refused, idle });
const listener = new Listener(api, { later, connected });

/** One message of the reader: into the log and on its way. */
function say(body, said) {
  composer.note("");
  outbox.add(body, said);
}

function added(entry) {
  bubbles.set(entry, log.addReader(entry.said, "sending"));
}

function choose(choice) {
  if (outbox.has(choice.payload)) return;
  say({ type: "choice", payload: choice.payload }, choice.title);
  comeBack();
}

/** After a choice the keyboard stands in the composer again, one Shift+Tab from the newest choices. */
function comeBack() {
  if (touch.matches) byId("log").focus({ preventScroll: true });
  else composer.focus();
}

function sending(entry) {
  bubbles.get(entry).state("sending");
  typing(true);
}

function progress(entry, part) {
  bubbles.get(entry).note(words.voice.sent(Math.round(part * 100)));
}

function answered(entry, answer) {
  typing(false);
  bubbles.get(entry).state("sent");
  if (answer.heard) bubbles.get(entry).note(words.voice.heard(answer.heard));
  bubbles.delete(entry);
  // What was heard stands below the reader's bubble already.
  const replies = deliveries.fromAnswer(answer).filter((reply) => !answer.heard || reply.data?.heard !== answer.heard);
  log.addReplies(replies, { aloud: true });
  // From 0, not from the answer's cursor: what came in before this answer is brought too, and only once.
  listener.start(0);
}

function failed(entry, error) {
  typing(false);
  bubbles.get(entry).state("failed");
  if (error.status === 429) composer.note(words.tooMany);
}

function refused(entry, error) {
  typing(false);
  const large = entry.message.blob ? words.voice.tooBig : words.tooLarge;
  bubbles.get(entry).state("refused", error.status === 413 ? large : words.refused);
}

function idle() {
  deliveries.settle();
}

async function later(answer) {
  await outbox.quiet();
  log.addReplies(deliveries.fromPoll(answer, outbox.busy), { later: true });
}

function connected(yes) {
  byId("connection").textContent = yes ? "" : words.offline;
  if (yes) outbox.retry();
}

let slow = 0;
function typing(on) {
  clearTimeout(slow);
  if (on) slow = setTimeout(() => { byId("typing").textContent = words.typing; }, 250);
  else byId("typing").textContent = "";
}

/** A recording; it keeps its id, so sending it again never does anything twice. */
function spoke(blob, milliseconds) {
  outbox.add({ type: "voice", blob }, `${words.voice.said} ${words.voice.time(Math.max(1, Math.round(milliseconds / 1000)))}`);
  comeBack();
}

function voice() {
  new Talking(byId("speak"), byId("voice"), (text) => composer.note(text), spoke);
  byId("speak").addEventListener("pointerdown", silence);
  if (whyNot()) byId("speak").title = whyNot();
}

async function locate() {
  composer.note(words.locating);
  try {
    const place = await whereAmI();
    say(place, words.here);
  } catch (error) {
    composer.note(error.message === "refused" ? words.placeRefused : words.placeMissing);
  }
  composer.focus();
}

async function leave() {
  if (!confirm(words.leaveAsk)) return;
  await api.unbind().catch(() => null);
  store.forget();
  location.reload();
}

function greet() {
  const starters = byId("starters");
  starters.append(...words.starters.map(({ title, text }) => {
    const button = el("button", { type: "button", class: "choice" }, title);
    button.addEventListener("click", () => { say({ type: "text", text }, title); comeBack(); });
    return el("li", {}, button);
  }));
}

async function begin() {
  greet();
  elderSwitch(byId("elder"));
  byId("person").addEventListener("click", () => { say({ type: "text", text: words.person }, words.person); comeBack(); });
  byId("leave").addEventListener("click", leave);
  byId("locate").addEventListener("click", locate);
  voice();
  if (!touch.matches) composer.focus();
  if (api.hasSession) await recall();
  outbox.open();
}

/** What was on its way when the page was closed goes first (same id: nothing happens twice), then the history. */
async function recall() {
  const { messages, cursor, left } = await remember(api, store, connected);
  log.fill(messages);
  for (const entry of left) outbox.put(entry);
  listener.start(cursor);
}

begin();
