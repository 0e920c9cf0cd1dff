/** Lets what each owner begins be done one after the other. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Waits until all of the owner's before it are over. @returns to be called when this one is */
  async take(owner: string): Promise<() => void> {
    const before = this.#last.get(owner);
    const { promise, resolve } = Promise.withResolvers<void>();
    const all = before ? before.then(() => promise) : promise;
    this.#last.set(owner, all);
    await before;
    return () => {
      resolve();
      if (this.#last.get(owner) === all) this.#last.delete(owner);
    };
  }
}
