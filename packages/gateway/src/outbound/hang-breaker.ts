/** Calls in a row that ran out of time without the beginning of an answer before further ones are held back. */
const silencesMax = 8;
/** Calls that a host which hangs may still have under way: one that is slow, or was away, has so many chances to show it. */
const triesMax = 16;

/**
 * Spares everybody else what a host takes that accepts connections and never answers. After some calls in a row that ran out of time, it
 * has few calls at a time, until it begins an answer to one of them. A host that is slow, but answers in its callers' time, never gets there.
 */
export class HangBreaker {
  #silences = 0;
  #hasAnswered = false;

  /** Whether the host has ever begun an answer. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** @param underWay calls that the host has at this moment */
  holdsBack(underWay: number): boolean {
    return this.#silences >= silencesMax && underWay >= triesMax;
  }

  /** A request was sent, and its time is up without the head of an answer. */
  onSilence(): void {
    this.#silences += 1;
  }

  onAnswer(): void {
    this.#silences = 0;
    this.#hasAnswered = true;
  }
}
