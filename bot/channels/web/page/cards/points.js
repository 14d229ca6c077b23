/** pickup_points: lockers and branches, with distance, hours and free cells. */
import { el } from "../dom.js";
import { words } from "../words.js";

const w = words.point;

export function points({ points: list }, choices) {
  return choices.rows(list, pointRow);
}

function pointRow(choices, one) {
  return choices.row(one.name, "point",
    el("span", { class: "what" },
      el("strong", { class: "title" }, one.name),
      el("span", { class: "meta" }, one.address),
      el("span", { class: "meta" }, [w[one.kind], one.open_hours].filter(Boolean).join(" · "))),
    el("span", { class: "aside" },
      typeof one.distance_km === "number" ? el("span", { class: "distance" }, w.km(one.distance_km)) : null,
      cells(one)));
}

function cells(one) {
  if (one.closed) return el("span", { class: "tag" }, w.closed);
  if (typeof one.free_cells !== "number") return null;
  return one.free_cells > 0
    ? el("span", { class: "tag good extra" }, w.cells(one.free_cells))
    : el("span", { class: "tag" }, w.full);
}
