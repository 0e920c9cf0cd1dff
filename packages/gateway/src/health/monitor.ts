import { sql } from "kysely";
import type { Reach } from "../access/index.ts";
import { isVisibleId } from "../agents/index.ts";
import type { Hold, Leases } from "../leases/index.ts";
import { type Dialer, hostedAgent } from "../outbound/index.ts";
import { type Clock, FairShares, type Log, microsNow } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Announcer } from "../webhooks/index.ts";
import type { AgentHealth, CheckResult, CheckTarget } from "./agent-health.ts";
import { hostOf, type ProbeOptions, probe, RESTS_MAX } from "./probe.ts";
import { CheckResults } from "./results.ts";
import { HealthStore } from "./store.ts";
import { Walk } from "./walk.ts";

export interface HealthMonitorOptions {
  storage: Storage;
  announcer: Pick<Announcer, "audienceOf" | "statementsFor">;
  leases: Leases;
  /** Headers that authenticate the gateway at the agent. */
  credentialsOf(agent: Pick<CheckTarget, "id" | "orgId">): Record<string, string> | Promise<Record<string, string>>;
  askServer: ProbeOptions["askServer"];
  dialer: Dialer;
  clock: Clock;
  log: Log;
  intervalMs: number;
}

const LEASE = "health";
/** Agents looked at at once: an owner and a host each have as many of them as they leave for others. */
const CHECKS_MAX = 1_024;
/** Of an interval: what is on time even when a check waits for its turn. */
const ROUND = 0.9;

/**
 * Looks at every agent once per interval, from one node at a time, and keeps what came of it in the database, for every node to tell.
 * An agent that hangs is looked at less and less often, alone.
 */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #store: HealthStore;
  readonly #results: CheckResults;
  readonly #ofOwners = new FairShares(CHECKS_MAX);
  readonly #ofHosts = new FairShares(CHECKS_MAX);
  /** Agents that are being looked at. */
  readonly #running = new Set<string>();
  #hold: Hold | undefined;
  #walk: Walk | undefined;
  #stopped = false;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
    this.#store = new HealthStore(options.storage, options.announcer);
    this.#results = new CheckResults((results) => this.#store.write(results), options.clock, options.log);
  }

  of(agentId: string): Promise<AgentHealth | undefined> {
    return this.#store.find(agentId);
  }

  /** Which of these agents answered last; one that was not looked at is left out. */
  statuses(agentIds: readonly string[]) {
    return this.#store.statuses(agentIds);
  }

  /** Of the agents that are within reach, by agent id, in its order. */
  list(page: { limit: number; after?: string | undefined }, reach: Reach) {
    return this.#store.list(page, isVisibleId(sql`agent_id`, reach, microsNow(this.#options.clock)));
  }

  /** From now on this node does the looking whenever no other does. */
  start(): void {
    if (this.#stopped) return;
    const { clock, log, leases, intervalMs } = this.#options;
    this.#hold ??= leases.hold(LEASE, {
      taken: (from) => {
        const targets = this.#store.targets.bind(this.#store);
        const begin = (target: CheckTarget) => this.#begin(target);
        this.#walk = new Walk({ targets, begin, clock, log, roundMs: intervalMs * ROUND }, from);
      },
      lost: () => {
        this.#walk?.stop();
        this.#walk = undefined;
      },
      state: () => this.#walk?.position ?? "",
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#walk?.stop();
    void this.#hold?.release();
  }

  /** Keeps what is known already. */
  async close(): Promise<void> {
    this.stop();
    await this.#results.close();
  }

  /** Looks at one agent now, from this node; or at its next turn, where there is no place for it. Never rejects. */
  async check(agentId: string): Promise<void> {
    try {
      const target = await this.#store.target(agentId);
      if (target && !this.#stopped) this.#begin({ ...target, hangs: 0, restsUntil: 0 });
    } catch (error) {
      this.#options.log.debug({ err: error, agentId }, "an agent was not checked");
    }
  }

  /**
   * Looks at one agent now, and answers what was found; undefined for one that is not called, that the gateway runs itself, or that there is
   * no place to look at now.
   */
  async checkNow(agentId: string): Promise<AgentHealth | undefined> {
    const target = await this.#store.target(agentId);
    if (!target || this.#stopped || this.#running.has(agentId) || isHosted(target)) return undefined;
    return new Promise((resolve) => {
      const begun = this.#begin({ ...target, hangs: 0, restsUntil: 0 }, (result) => resolve(result));
      if (begun !== "begun") resolve(undefined);
    });
  }

  /** What was found out by whoever runs the agent. */
  report(agentId: string, error: string | null, latencyMs: number | null): void {
    const status = error === null ? "healthy" : "unhealthy";
    const checkedAt = this.#options.clock.now();
    this.#results.add({ agentId, status, checkedAt, latencyMs, error, hangs: 0, restsUntil: 0 });
  }

  /** The agent is gone. */
  forget(agentId: string): void {
    this.#results.forget(agentId);
  }

  /** @param told told what was found, once it is; undefined where nothing was */
  #begin(target: CheckTarget, told?: (result: CheckResult | undefined) => void): "begun" | "full" | "over" {
    if (this.#running.has(target.id) || this.#rests(target) || isHosted(target)) return "begun";
    const [owner, host] = [target.orgId ?? target.id, hostOf(target)];
    if (this.#ofOwners.used >= CHECKS_MAX || !this.#ofHosts.has(host)) return "full";
    if (!this.#ofOwners.has(owner)) return "over";
    this.#ofOwners.take(owner);
    this.#ofHosts.take(host);
    this.#running.add(target.id);
    void this.#look(target, told).finally(() => {
      this.#running.delete(target.id);
      this.#ofOwners.give(owner);
      this.#ofHosts.give(host);
    });
    return "begun";
  }

  /** A rest that would be longer than any is the work of a clock that was wrong. */
  #rests({ restsUntil }: CheckTarget): boolean {
    const leftMs = restsUntil - this.#options.clock.now();
    return leftMs > 0 && leftMs <= RESTS_MAX * this.#options.intervalMs;
  }

  async #look(target: CheckTarget, told?: (result: CheckResult | undefined) => void): Promise<void> {
    const result: CheckResult | undefined = await probe(target, this.#options);
    told?.(result);
    if (this.#stopped) return;
    if (result) this.#results.add(result);
    else this.#walk?.again(target);
  }
}

/** The node that runs it looks at it, and reports. */
const isHosted = ({ url }: CheckTarget): boolean => hostedAgent(new URL(url).hostname) !== undefined;
