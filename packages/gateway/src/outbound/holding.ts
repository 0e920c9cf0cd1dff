import type { FairShares } from "../runtime/index.ts";
import { OutboundError } from "./outbound-error.ts";

/** Bytes that are kept of answers when the calls which brought them are over: counted with those under way until they are let go of. */
export class Holding {
  readonly #room: FairShares;
  readonly #owner: string;
  #bytes = 0;

  constructor(room: FairShares, owner: string) {
    this.#room = room;
    this.#owner = owner;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** So many bytes are kept now. @throws OutboundError `no_room`; then it holds what it held before */
  set(bytes: number): void {
    const more = bytes - this.#bytes;
    if (more > 0 && !this.#room.take(this.#owner, more)) {
      throw new OutboundError("no_room", "too many bytes of answers are kept");
    }
    if (more < 0) this.#room.give(this.#owner, -more);
    this.#bytes = bytes;
  }

  /** Counts what is there already and cannot be refused any more: others find so much less room. */
  add(bytes: number): void {
    this.#room.add(this.#owner, bytes);
    this.#bytes += bytes;
  }

  release(): void {
    this.set(0);
  }
}
