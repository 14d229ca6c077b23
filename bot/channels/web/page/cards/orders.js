/** order, orders: the borrowing slip with its steps, and the pickup code in large digits. */
import { clock, day, moment } from "../dates.js";
import { el, shown } from "../dom.js";
import { words } from "../words.js";

const STEPS = ["placed", "picking", "packed", "in_transit", "available", "collected"];
const ENDED = { closed: "collected" };
const BROKEN = new Set(["cancelled", "expired", "failed"]);
const w = words.order;

export function orders({ orders: list }, choices) {
  return choices.rows(list, orderRow);
}

function orderRow(choices, one) {
  return choices.row(one.number, "order-row",
    el("span", { class: "what" },
      el("strong", { class: "title" }, one.lines.map((line) => line.title).join("、")),
      el("span", { class: "meta" }, [one.number, place(one)].filter(Boolean).join(" · "))),
    el("span", { class: BROKEN.has(one.state) ? "tag" : "tag good" }, stateName(one)));
}

export function order(one) {
  return shown("div", { class: "card slip" },
    head(one),
    BROKEN.has(one.state) || !w.state[one.state] ? null : steps(one),
    one.pickup_code ? pickupCode(one.pickup_code) : null,
    el("ul", { class: "lines" }, ...one.lines.map(line)),
    el("dl", { class: "facts" }, ...facts(one)));
}

function head(one) {
  return el("div", { class: "slip-head" },
    el("span", {}, w.title, one.number ? el("span", { class: "number" }, ` ${one.number}`) : null),
    w.state[one.state] ? el("span", { class: BROKEN.has(one.state) ? "state broken" : "state" }, stateName(one)) : null);
}

function stateName(one) {
  return one.state === "available" && one.method === "home" ? w.homeAvailable : w.state[one.state] ?? "";
}

function steps(one) {
  const names = one.method === "home" ? w.homeSteps : w.steps;
  const now = Math.min(STEPS.indexOf(ENDED[one.state] ?? one.state), names.length - 1);
  return el("ol", { class: "steps" }, ...names.map((name, at) => {
    return el("li", { class: at < now ? "done" : at === now ? "now" : "" }, name);
  }));
}

/** The code in large digits, in two groups. */
export function pickupCode(code) {
  const digits = String(code);
  const half = Math.ceil(digits.length / 2);
  return el("div", { class: "code" },
    el("span", { class: "code-name" }, w.code),
    el("span", { class: "digits" }, el("span", {}, digits.slice(0, half)), el("span", {}, digits.slice(half))));
}

function line({ title, state }) {
  return el("li", { class: state === "refused" ? "refused" : "" },
    el("span", { class: "title" }, title),
    state === "refused" ? el("span", { class: "tag" }, w.lineState.refused) : null);
}

function facts(one) {
  const fee = one.fee_fen === undefined ? null : one.fee_fen === 0 ? w.free : `¥${(one.fee_fen / 100).toFixed(2)}`;
  const ready = one.state === "available";
  return [
    fact(one.method === "home" ? w.method.home : w.pickup, place(one)),
    fact("", one.pickup_point?.address, "extra"),
    one.promised_by && !ready && STEPS.slice(0, 4).concat("draft").includes(one.state) ? fact(w.promised, promise(one.promised_by)) : null,
    ready && one.hold_until ? fact(w.until, moment(one.hold_until)) : null,
    one.method === "home" && fee ? fact(w.fee, fee) : null,
  ].flat();
}

function promise(value) {
  return /T/.test(value) && clock(value) !== "00:00" ? `${moment(value)} ${w.before}` : day(value);
}

function place(one) {
  if (typeof one.pickup_point === "string") return one.pickup_point;
  return one.pickup_point?.name ?? one.address ?? w.method[one.method] ?? "";
}

function fact(name, value, className = "") {
  return value ? [el("dt", { class: className }, name), el("dd", { class: className }, value)] : null;
}
