import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Work that takes tens of milliseconds, in pieces, of which one is done in each turn of the event loop: however much of it there is,
 * everybody else waits for one piece at most. What is begun is done to its end before anything else is, for it holds more half-way than
 * while it waits.
 */
export class TurnQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work, a piece up to each yield, when the work before it is done. Rejects with what it throws. */
  run<T>(work: Iterator<unknown, T>): Promise<T> {
    const done = this.#last.then(() => stepThrough(work));
    this.#last = done.catch(() => {});
    return done;
  }
}

async function stepThrough<T>(work: Iterator<unknown, T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const { done, value } = work.next();
    if (done) return value;
  }
}
