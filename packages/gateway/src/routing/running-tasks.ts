/** Counts the tasks on their way, from their arrival to the last that is done about them. */
export class RunningTasks {
  #count = 0;
  #onIdle: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count++;
  }

  readonly leave = (): void => {
    this.#count--;
    if (this.#count === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  };

  /** Resolves when there is none. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#count === 0) resolve();
      else this.#onIdle.push(resolve);
    });
  }
}
