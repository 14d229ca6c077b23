/** survey: how far the yearly survey is; the question itself is the message's text. */
import { shown } from "../dom.js";
import { words } from "../words.js";

export function survey({ index, total, done }) {
  if (done || !Number.isInteger(index) || !Number.isInteger(total) || total < 1) return null;
  const bar = shown("progress", { class: "progress", max: total, value: index });
  return shown("div", { class: "survey" }, shown("span", { class: "meta" }, words.survey.progress(index, total)), bar);
}
