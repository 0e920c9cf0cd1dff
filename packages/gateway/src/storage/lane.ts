import { StorageOverloadedError } from "./errors.ts";

/** So many at a time, the others in the order they came; beyond `waitingMax` they are refused. */
export class Lane {
  readonly #width: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(width: number, waitingMax: number) {
    this.#width = width;
    this.#waitingMax = waitingMax;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when there is room; then `leave` has to be called. @throws StorageOverloadedError */
  async enter(): Promise<void> {
    if (this.#inside < this.#width) {
      this.#inside++;
      return;
    }
    if (this.#waiting.length >= this.#waitingMax) {
      throw new StorageOverloadedError(`${this.#waitingMax} wait for the database already`);
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#inside--;
  }
}
