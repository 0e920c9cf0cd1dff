import { type Leases, Shifts } from "../../leases/index.ts";
import { type Clock, type Log, pause } from "../../runtime/index.ts";
import type { AgentManifests } from "./manifest-store.ts";
import type { SiteLooks } from "./site-looks.ts";

export interface ManifestWatchOptions {
  manifests: AgentManifests;
  looks: SiteLooks;
  leases: Leases;
  clock: Clock;
  log: Log;
}

const LEASE = "manifests";
/** Between two looks at one site. */
export const LOOK_EVERY_MS = 15 * 60_000;
const POLL_MS = 10_000;
const PAGE = 64;

/** Looks at every site once in a quarter of an hour, from one node at a time. */
export class ManifestWatch {
  readonly #options: ManifestWatchOptions;
  readonly #shifts: Shifts;

  constructor(options: ManifestWatchOptions) {
    this.#options = options;
    const { leases } = options;
    this.#shifts = new Shifts({ leases, lease: LEASE, work: (over) => this.#work(over) });
  }

  start(): void {
    this.#shifts.start();
  }

  async close(): Promise<void> {
    await this.#shifts.close();
    await this.#options.looks.settled();
  }

  async #work(over: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!over.aborted) {
      await pause(clock, POLL_MS, over);
      if (over.aborted) return;
      await this.#round(over).catch((error) =>
        log.warn({ err: error }, "sites that are to be looked at cannot be read"),
      );
    }
  }

  /** Those that are due, in their order. One that hangs is waited for with others of its page, and comes after all others again. */
  async #round(over: AbortSignal): Promise<void> {
    const { manifests, looks, clock } = this.#options;
    for (;;) {
      const due = await manifests.due(BigInt(clock.now() - LOOK_EVERY_MS) * 1000n, PAGE);
      if (due.length === 0 || over.aborted) return;
      const looked = await Promise.all(due.map((agentId) => looks.look(agentId)));
      // Those for which there was no place are due still: others of this node have them.
      if (due.length < PAGE || !looked.some(Boolean)) return;
    }
  }
}
