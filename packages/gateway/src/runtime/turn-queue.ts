import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Work that takes tens of milliseconds, in pieces, of which one is done in each turn of the event loop: however much of it there is,
 * everybody else waits for one piece at most.
 */
export class TurnQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the piece when those before it are done. Rejects with what it throws. */
  run<T>(piece: () => T): Promise<T> {
    const done = this.#last.then(() => nextTurn()).then(piece);
    this.#last = done.catch(() => {});
    return done;
  }
}
