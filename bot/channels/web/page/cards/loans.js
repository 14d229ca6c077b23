/** loans: date-due slips. */
import { day, daysUntil } from "../dates.js";
import { el } from "../dom.js";
import { words } from "../words.js";

const SOON_DAYS = 3;
const w = words.loans;

export function loans({ loans: list }, choices) {
  return choices.rows(list, loanRow);
}

function loanRow(choices, one) {
  const pressed = choices.find(one.title)?.payload.startsWith("/renew_this") ? w.renew : w.renewable;
  return choices.row(one.title, "loan",
    el("span", { class: daysUntil(one.due) < SOON_DAYS ? "due soon" : "due" },
      el("span", { class: "due-name" }, w.due),
      ...day(one.due).split(" ").map((part) => el("span", { class: "due-day" }, part))),
    el("span", { class: "what" },
      el("strong", { class: "title" }, one.title),
      el("span", { class: "tags" }, late(one), renewal(one, pressed))));
}

function late(one) {
  return one.overdue_days > 0 ? el("span", { class: "tag bad" }, w.overdue(one.overdue_days)) : null;
}

function renewal(one, word) {
  if (one.returning) return el("span", { class: "tag" }, w.returning);
  if (one.overdue_days > 0) return null;
  if (one.renewable) return el("span", { class: "tag good" }, word);
  return el("span", { class: "tag" }, words.whyNot[one.why_not] ?? w.fixed);
}
