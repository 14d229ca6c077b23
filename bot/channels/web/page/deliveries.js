/**
 * Each reply is shown once, though it may come by two ways: as the answer to a message and through the long poll.
 *
 * The long poll alone moves the cursor, so a notice written between two answers is never jumped over; what an answer
 * showed already is taken out of what the poll brings, and the other way round when an answer was lost on its way.
 */
export class Deliveries {
  #answered = [];
  #polled = [];

  /** Replies of an answer that are not on the page yet. */
  fromAnswer({ replies = [], cursor }) {
    const fresh = replies.filter((reply) => !take(this.#polled, reply));
    this.#answered.push(...fresh.map((reply) => ({ cursor, key: key(reply) })));
    return fresh;
  }

  /** Replies of a long poll that are not on the page yet; `waiting`: a message has no answer so far. */
  fromPoll({ replies = [], cursor }, waiting) {
    const fresh = replies.filter((reply) => !take(this.#answered, reply));
    this.#answered = this.#answered.filter((seen) => seen.cursor > cursor);
    if (waiting) this.#polled.push(...fresh.map((reply) => ({ cursor, key: key(reply) })));
    return fresh;
  }

  /** Every message is answered: nothing that the poll brought can come again. */
  settle() {
    this.#polled = [];
  }
}

function take(seen, reply) {
  const at = seen.findIndex((other) => other.key === key(reply));
  if (at >= 0) seen.splice(at, 1);
  return at >= 0;
}

function key(reply) {
  return reply.cursor !== undefined ? `#${reply.cursor}` : JSON.stringify([reply.kind, reply.text, reply.data]);
}
