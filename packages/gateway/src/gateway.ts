import type { FastifyInstance } from "fastify";
import type { AgentFields } from "./agents/index.ts";
import type { FailPointHook } from "./ledger/index.ts";
import type { Clock, Log, Random } from "./runtime/index.ts";
import type { OnStatement } from "./storage/index.ts";

/** What the gateway takes from the world; tests hand in their own. */
export interface World {
  clock: Clock;
  /** What the clock is compared with, instead of the database's; null for nothing: a test's clock agrees with nobody's. */
  reference?: (() => Promise<number>) | null;
  random: Random;
  log: Log;
  /** Told of every statement to the database, for measuring. */
  onStatement?: OnStatement | undefined;
  /** Ends the process at a point of the ledger's work, for crash tests. */
  failPoint?: FailPointHook | undefined;
}

/** A gateway that is put together but does not listen yet. */
export interface Gateway {
  http: FastifyInstance;
  /** Registers an agent that belongs to no organization, or updates the latest one of the same name. */
  ensureAgent(fields: AgentFields): Promise<{ id: string; name: string }>;
  /** The admin key, when this start minted it. */
  mintedAdminKey: string | undefined;
  /** A link that signs a browser in as the admin, once, within ten minutes. */
  signInLink(): Promise<string>;
  /** Starts the background work. @throws when it cannot; everything is closed then */
  start(): Promise<void>;
  /** From now on this node is not ready, and every answer asks its caller to reconnect elsewhere. */
  beginStop(): void;
  /** How many requests came since then, health checks apart. */
  lateArrivals(): number;
  /** Waits for the calls in flight, at most `drainMs`, then closes everything. What was logged is written. */
  close(drainMs: number): Promise<void>;
}
