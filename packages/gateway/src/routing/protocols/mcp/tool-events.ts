import type { JsonObject } from "@agentgate/protocol/a2a";
import { dialects } from "@agentgate/protocol/a2a";
import type { Take } from "../../../outbound/index.ts";
import { Payload } from "../a2a/payload.ts";

const V1 = dialects["1.0"];

/** What happens in a turn, on its way to one reader, who holds it up. */
export class ToolEvents {
  readonly #begun = Promise.withResolvers<void>();
  readonly #reading = Promise.withResolvers<Take<Payload>>();
  #isOver = false;

  /** Settles when there is something to read; rejects when there never will be. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  readonly tell = async (event: JsonObject): Promise<void> => {
    this.#begun.resolve();
    const take = await this.#reading.promise;
    if (this.#isOver) return;
    if (!(await take(Payload.ofValue(V1, event)))) this.#isOver = true;
  };

  /** Hands over what `turn` tells, to its end. Rejects as it does, after what came before. */
  follow(turn: Promise<unknown>): (take: Take<Payload>) => Promise<void> {
    turn.then(
      () => this.#begun.resolve(),
      (error) => this.#begun.reject(error),
    );
    this.begun.catch(() => {});
    return async (take) => {
      this.#reading.resolve(take);
      await turn;
    };
  }

  /** The reader has gone: what is still to be told is told nobody. */
  drop(): void {
    this.#isOver = true;
    this.#reading.resolve(() => false);
  }
}
