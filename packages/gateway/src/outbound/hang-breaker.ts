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
  #answers = 0;

  /** Whether the host has ever begun an answer. */
  get hasAnswered(): boolean {
    return this.#answers > 0;
  }

  /** How many answers it has begun. */
  get answers(): number {
    return this.#answers;
  }

  /** @param underWay calls that the host has at this moment */
  holdsBack(underWay: number): boolean {
    return this.#silences >= silencesMax && underWay >= triesMax;
  }

  /**
   * A request was sent, and its time is up without the head of an answer. Nothing is told by that where the host has answered others since: of
   * those whom it has, some hang, and the time of many is up at one moment.
   *
   * @param answers as they were when the request was sent
   */
  onSilence(answers: number): void {
    if (answers === this.#answers) this.#silences += 1;
  }

  onAnswer(): void {
    this.#silences = 0;
    this.#answers += 1;
  }
}
