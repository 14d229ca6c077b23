/** books, book, basket: catalogue cards. */
import { el, shown } from "../dom.js";
import { words } from "../words.js";

const SPINES = 6;

export function books({ books: list }, choices) {
  return choices.rows(list, bookRow);
}

function bookRow(choices, one, at) {
  return choices.row(one.title, "book",
    spine(one.title, at + 1),
    el("span", { class: "what" },
      el("strong", { class: "title" }, one.title),
      el("span", { class: "meta" }, one.author ?? "", el("span", { class: "extra" }, edition(one)))),
    stock(one.available));
}

/** The coloured spine: the same book has the same colour every time. */
function spine(title, number) {
  const tone = [...title].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)) % 9973, 7) % SPINES;
  return shown("span", { class: `spine tone${tone}` }, String(number));
}

function edition({ author, publisher, year }) {
  const words = [publisher, year].filter(Boolean).join(" ");
  return words && author ? ` · ${words}` : words;
}

function stock(available) {
  if (typeof available !== "number") return null;
  return available > 0
    ? el("span", { class: "tag good" }, words.book.available(available))
    : el("span", { class: "tag" }, words.book.out);
}

export function book(data) {
  const one = data.book ?? data;
  const branches = (one.branches ?? []).filter((branch) => branch.available > 0);
  return shown("div", { class: "card catalogue" },
    el("strong", { class: "title large" }, one.title),
    el("span", { class: "meta" }, one.author ?? "", edition(one)),
    one.summary ? el("p", { class: "summary" }, one.summary) : null,
    el("div", { class: "tags" },
      stock(one.available),
      one.available === 0 && one.waiting ? el("span", { class: "tag" }, words.book.waiting(one.waiting)) : null,
      one.large_print ? el("span", { class: "tag" }, words.book.large) : null,
      one.children ? el("span", { class: "tag" }, words.book.children) : null,
      branches.map((branch) => el("span", { class: "tag extra" }, words.book.atBranch(branch.name, branch.available)))),
    one.call_number ? el("p", { class: "call extra" }, `${words.book.callNumber} ${one.call_number}`) : null);
}

export function basket({ lines }, choices) {
  return el("div", { class: "card slip" },
    shown("div", { class: "slip-head" }, el("span", {}, words.basket.title), el("span", {}, words.basket.count(lines.length))),
    choices.rows(lines, bookRow, ""));
}
