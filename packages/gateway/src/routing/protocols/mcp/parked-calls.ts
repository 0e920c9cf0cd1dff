import { type Log, Shares } from "../../../runtime/index.ts";
import type { Heard, Talk } from "./talk.ts";

/** Calls that wait for their callers' answers at once, and of one agent's owner among them: each holds a connection. */
const PLACES = { total: 512, perOwner: 64 };
/** How long an answer is waited for: as long as servers keep an idle session. */
export const PARKED_MS = 300_000;

interface Parked {
  talk: Talk;
  owner: string;
}

/**
 * Calls to servers of the legacy era that have asked something: the server holds its answer back until it has ours. Whoever answers takes the call
 * up again, where it is on this node; what is heard of one that nobody here has taken up is finished for whoever asks for its task.
 */
export class ParkedCalls {
  readonly #log: Pick<Log, "warn">;
  readonly #places = new Shares(PLACES);
  readonly #parked = new Map<string, Parked>();

  constructor({ log }: { log: Pick<Log, "warn"> }) {
    this.#log = log;
  }

  get size(): number {
    return this.#parked.size;
  }

  hasRoom(owner: string): boolean {
    return this.#places.has(owner);
  }

  /** @param finish is handed what was heard, if nobody on this node has taken the call up by then */
  keep(taskId: string, talk: Talk, owner: string, finish: (heard: Heard) => Promise<void>): void {
    const parked = { talk, owner };
    this.#places.add(owner, 1);
    this.#parked.set(taskId, parked);
    void talk.listen(PARKED_MS).then(async () => {
      if (this.#parked.get(taskId) !== parked) return;
      this.#forget(taskId, parked);
      await finish(talk.take()).catch((error) =>
        this.#log.warn({ err: error, taskId }, "what came of a tool that had asked could not be kept"),
      );
    });
  }

  /** The call of this task, to go on with; undefined where it is on another node, or over. */
  take(taskId: string): Talk | undefined {
    const parked = this.#parked.get(taskId);
    if (parked) this.#forget(taskId, parked);
    return parked?.talk;
  }

  /** Ends them all, as their callers are told who ask for their tasks. */
  close(): void {
    for (const { talk } of this.#parked.values()) talk.abort();
  }

  #forget(taskId: string, { owner }: Parked): void {
    this.#parked.delete(taskId);
    this.#places.give(owner);
  }
}
