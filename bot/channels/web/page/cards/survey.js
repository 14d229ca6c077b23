/** survey: how far the yearly survey is; the question itself is the message's first line. */
import { shown } from "../dom.js";

export function survey({ index, total, done }) {
  if (done || !Number.isInteger(index) || !Number.isInteger(total) || total < 1) return null;
  return shown("progress", { class: "progress", max: total, value: index });
}
