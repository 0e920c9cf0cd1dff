/** What a {@link Rotation} can hold. */
export interface Rotating {
  /** Where the rotation keeps it; -1 while it does not. */
  slot: number;
}

/**
 * Members that have their turn one after the other, round and round, while others come and go: thousands can be looked after a few at a
 * time.
 *
 * They are in an array, each knowing its slot, and not in a Set: V8 chains the tables that a Set has outgrown, with the members they
 * held, to its present table. Once one of them is old, every member that passes through lives until the next full collection.
 */
export class Rotation<T extends Rotating> {
  readonly #members: T[] = [];
  /** Of the next turn. It goes downwards, for a member that leaves gives its slot to the last one. */
  #next = -1;

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.slot = this.#members.push(member) - 1;
  }

  /** No effect on what is no member. */
  delete(member: T): void {
    if (member.slot === -1) return;
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[member.slot] = last;
      last.slot = member.slot;
    }
    member.slot = -1;
  }

  /** Whose turn it is. */
  next(): T | undefined {
    if (this.#next < 0 || this.#next >= this.#members.length) this.#next = this.#members.length - 1;
    return this.#members[this.#next--];
  }
}
