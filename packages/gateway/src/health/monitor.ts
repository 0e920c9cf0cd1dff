import type { Agent } from "../agents/index.ts";
import { type Dialer, OutboundError } from "../outbound/index.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";

export interface AgentHealth {
  status: "healthy" | "unhealthy";
  /** Milliseconds since the epoch. */
  checkedAt: number;
  latencyMs: number | null;
  error: string | null;
}

export interface HealthMonitorOptions {
  /** Every agent, for each round. */
  allAgents(): AsyncIterable<Agent>;
  /** Where the card of an A2A agent is served; undefined for other agents. */
  cardUrlOf(agent: Agent): Promise<string | undefined>;
  /** Headers that authenticate the gateway at the agent. */
  credentialsOf(agent: Agent): Record<string, string> | Promise<Record<string, string>>;
  dialer: Dialer;
  clock: Clock;
  random: Random;
  log: Log;
  intervalMs: number;
}

const TIMEOUT_MS = 10_000;
const CONCURRENT_CHECKS = 16;
const BODY_BYTES_MAX = 64 * 1024;

/**
 * Asks every agent's `GET {url}/health` once per interval, with jitter, and remembers what came of it. An A2A agent, which need
 * not know that path, is asked for its card.
 */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  #known = new Map<string, AgentHealth>();
  #cancelNext: (() => void) | undefined;
  #stopped = false;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
  }

  of(agentId: string): AgentHealth | undefined {
    return this.#known.get(agentId);
  }

  all(): ReadonlyMap<string, AgentHealth> {
    return this.#known;
  }

  /** Starts the rounds; the first comes soon, so that a fresh gateway is not ignorant for a whole interval. */
  start(): void {
    this.#schedule(1_000 * this.#options.random.fraction());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelNext?.();
  }

  /** Checks one agent now. Never rejects. */
  async check(agent: Agent): Promise<AgentHealth> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    const error = await this.#probe(agent);
    const latencyMs = Math.round((clock.monotonic() - startedAt) * 10) / 10;
    const status = error === null ? "healthy" : "unhealthy";
    const health: AgentHealth = { status, checkedAt: clock.now(), latencyMs: error === null ? latencyMs : null, error };
    this.#known.set(agent.id, health);
    return health;
  }

  /** The agent is gone. */
  forget(agentId: string): void {
    this.#known.delete(agentId);
  }

  /** Checks every agent, a few at a time, and forgets those that are gone. */
  async round(): Promise<void> {
    // An agent that is registered during the round may be known already without being seen.
    const knownBefore = [...this.#known.keys()];
    const seen = new Set<string>();
    const checking = new Set<Promise<unknown>>();
    for await (const agent of this.#options.allAgents()) {
      if (this.#stopped) return;
      seen.add(agent.id);
      const check = this.check(agent).finally(() => checking.delete(check));
      checking.add(check);
      if (checking.size >= CONCURRENT_CHECKS) await Promise.race(checking);
    }
    await Promise.all(checking);
    for (const id of knownBefore) if (!seen.has(id)) this.forget(id);
  }

  async #probe(agent: Agent): Promise<string | null> {
    try {
      const { dialer, cardUrlOf, credentialsOf } = this.#options;
      const cardUrl = await cardUrlOf(agent);
      // A card is public, and may be served by somebody else.
      const target =
        cardUrl === undefined ? { url: healthUrl(agent), headers: await credentialsOf(agent) } : { url: cardUrl };
      const call = dialer.send({
        ...target,
        method: "GET",
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: BODY_BYTES_MAX,
        bodyOptional: true,
      });
      const { status } = await call.response;
      return status === 200 ? null : `HTTP ${status}`;
    } catch (error) {
      return OutboundError.isInstance(error) ? error.message : "the health check failed";
    }
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelNext = this.#options.clock.after(delayMs, async () => {
      const { intervalMs, random, log } = this.#options;
      await this.round().catch((error) => log.warn({ err: error }, "health round failed"));
      this.#schedule(intervalMs * (0.9 + 0.2 * random.fraction()));
    });
  }
}

function healthUrl(agent: Agent): string {
  const url = new URL(agent.url);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/health`;
  return url.href;
}
