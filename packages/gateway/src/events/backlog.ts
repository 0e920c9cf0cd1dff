import type { FairShares } from "../runtime/index.ts";

/** What one listener may leave unread, in characters; more of it is missed. */
const WAITING_MAX = 262_144;

/** Takes text, and gives a promise when it is not read at once. */
export type Write = (text: string) => Promise<void> | undefined;

/**
 * What waits for one reader, within bounds of its own, of its owner and of the process. What does not fit is missed: it is counted, and the
 * reader is told how much it was before whatever comes next.
 */
export class Backlog {
  readonly #write: Write;
  readonly #shares: FairShares;
  readonly #owner: string;
  readonly #gapOf: (missed: number) => string;
  #waiting: string[] = [];
  #waitingSize = 0;
  #missed = 0;
  #isLagging = false;
  #onDrained: (() => void)[] = [];
  #closed = false;

  /** @param gapOf the event that tells how many were missed */
  constructor(options: { write: Write; shares: FairShares; owner: string; gapOf(missed: number): string }) {
    this.#write = options.write;
    this.#shares = options.shares;
    this.#owner = options.owner;
    this.#gapOf = options.gapOf;
  }

  /** Characters that wait. */
  get size(): number {
    return this.#waitingSize;
  }

  /**
   * @param counts whether it is missed when there is no room; what is told again is not
   * @returns whether there was room
   */
  add(text: string, counts = true): boolean {
    if (this.#closed) return true;
    if (!this.#isLagging) {
      this.#tell(text);
      return true;
    }
    const isRoom =
      this.#missed === 0 &&
      this.#waitingSize + text.length <= WAITING_MAX &&
      this.#shares.take(this.#owner, text.length);
    if (isRoom) {
      this.#waiting.push(text);
      this.#waitingSize += text.length;
    } else if (counts) this.#missed++;
    return isRoom;
  }

  /** When all that was added is read, or missed. */
  async drained(): Promise<void> {
    if (this.#isLagging && !this.#closed) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    this.#resume();
  }

  #tell(text: string): void {
    const reading = this.#write(text);
    if (!reading) return;
    this.#isLagging = true;
    void reading.then(() => this.#caughtUp());
  }

  #caughtUp(): void {
    if (this.#closed) return;
    this.#isLagging = false;
    if (this.#waiting.length > 0) {
      const text = this.#waiting.join("");
      this.#drop();
      this.#tell(text);
    }
    if (this.#isLagging) return;
    if (this.#missed > 0) {
      const gap = this.#gapOf(this.#missed);
      this.#missed = 0;
      this.#tell(gap);
    }
    if (!this.#isLagging) this.#resume();
  }

  #drop(): void {
    if (this.#waitingSize > 0) this.#shares.give(this.#owner, this.#waitingSize);
    this.#waiting = [];
    this.#waitingSize = 0;
  }

  #resume(): void {
    for (const resume of this.#onDrained.splice(0)) resume();
  }
}
