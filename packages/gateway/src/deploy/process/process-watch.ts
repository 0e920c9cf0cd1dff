import type { Clock } from "../../runtime/index.ts";
import type { Marks } from "./process-marks.ts";
import { memoryOf, type ProcessEntry, processTable } from "./process-table.ts";

const LOOK_MS = 1_000;

interface Watched {
  marks: Marks;
  end(reason: string): void;
}

/** Looks after the memory that agents take with all their processes, which no limit of the system bounds together. */
export class ProcessWatch {
  readonly #memoryBytes: number;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #cancel: (() => void) | undefined;

  constructor(memoryBytes: number, clock: Clock) {
    this.#memoryBytes = memoryBytes;
    this.#clock = clock;
  }

  /** @param end is to end what these marks are of @returns what ends the watch */
  add(marks: Marks, end: (reason: string) => void): () => void {
    const one = { marks, end };
    this.#watched.add(one);
    this.#schedule();
    return () => this.#watched.delete(one);
  }

  #schedule(): void {
    this.#cancel ??= this.#clock.after(LOOK_MS, () => {
      void this.#look().finally(() => {
        this.#cancel = undefined;
        if (this.#watched.size > 0) this.#schedule();
      });
    });
  }

  async #look(): Promise<void> {
    const table = await processTable();
    for (const one of this.#watched) {
      let bytes = 0;
      for (const { pid } of table.filter((entry) => isOf(one.marks, entry, this.#watched)))
        bytes += await memoryOf(pid);
      if (bytes <= this.#memoryBytes) continue;
      this.#watched.delete(one);
      one.end(`it used more than ${Math.floor(this.#memoryBytes / 2 ** 20)} MiB of memory`);
    }
  }
}

/** What has left its session counts for the agent all the same: for the program that was started last. */
function isOf({ session, uid }: Marks, entry: ProcessEntry, watched: ReadonlySet<Watched>): boolean {
  if (entry.session === session) return true;
  if (uid === undefined || entry.uid !== uid) return false;
  const ofUser = [...watched].filter(({ marks }) => marks.uid === uid);
  const isNamed = ofUser.some(({ marks }) => marks.session === entry.session);
  return !isNamed && ofUser.at(-1)?.marks.session === session;
}
