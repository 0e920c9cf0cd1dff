import type { CallerShares } from "../http/index.ts";
import type { SocketOwner } from "./socket-intake.ts";

/** Whose a socket is, and the place that it takes among that owner's. */
export class SocketPlace {
  readonly #places: CallerShares;
  #owner: SocketOwner;

  constructor(owner: SocketOwner, places: CallerShares) {
    this.#owner = owner;
    this.#places = places;
  }

  /** Whether it is somebody's whose key is known. */
  get isKnown(): boolean {
    return this.#owner.owner.isKnown;
  }

  get messageBytesMax(): number {
    return this.#owner.messageBytesMax;
  }

  /** Takes the place. Answers false when there is none for this owner. */
  take(): boolean {
    return this.#places.take(this.#owner.owner, 1) === undefined;
  }

  give(): void {
    this.#places.give(this.#owner.owner, 1);
  }

  /** Where the new owner has no place left, the socket keeps the one that it has. */
  become(next: SocketOwner): void {
    if (this.#places.take(next.owner, 1)) {
      this.#owner = { owner: this.#owner.owner, messageBytesMax: next.messageBytesMax };
      return;
    }
    this.give();
    this.#owner = next;
  }
}
