/**
 * One card a kind of reply. A card is built from `data` and is for the eye: a screen reader reads the message's whole
 * `text` instead, so a card's parts are aria-hidden, except the choices that stand in its rows.
 */
import { shown } from "../dom.js";
import { basket, book, books } from "./books.js";
import { link } from "./link.js";
import { loans } from "./loans.js";
import { order, orders, pickupCode } from "./orders.js";
import { points } from "./points.js";
import { survey } from "./survey.js";

const builders = {
  books, book, basket, order, orders, loans, link, survey,
  pickup_points: points,
  notice: (data) => (data.code ? shown("div", { class: "card" }, pickupCode(data.code)) : null),
};

/**
 * The card of a reply, or null when words say it best (also for kinds of a later version and for data that is not as
 * expected). `choices.take(name)` gives the choice that belongs to a row, and takes it from those below the card.
 */
export function card(reply, choices) {
  if (!Object.hasOwn(builders, reply.kind) || !reply.data) return null;
  const copy = choices.copy();
  try {
    const element = builders[reply.kind](reply.data, copy);
    if (element) choices.become(copy);
    return element;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
