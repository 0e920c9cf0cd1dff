import { demandOwn, type ListedAction } from "../access/index.ts";
import { notFound, type Principal } from "../http/index.ts";
import type { SkippedTool } from "../mcp-servers/index.ts";
import { CachedLookup } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
import type { Grants } from "./grants.ts";
import { type SeenAgent, Sight } from "./sight.ts";
import { pricesToJson } from "./skills/prices.ts";
import { AGENTS_TOPIC, type AgentStore, SLUGS_TOPIC } from "./store.ts";

export interface KnownAgentsOptions {
  storage: Storage;
  store: AgentStore;
  grants: Grants;
}

/** An agent as a call left it. */
export interface ChangedAgent extends Agent {
  /** Of the `webhook_url` that this call set: shown this once. */
  readonly webhookSecret?: string;
  /** Tools of the MCP server that this call registered, which are not offered. */
  readonly skipped?: readonly SkippedTool[];
}

/** Of agents in memory: tens of thousands, or some hundreds of the largest there may be. */
const MIB = 2 ** 20;
const bytesOf = ({ description, skills, prices, tags, url }: Agent): number =>
  1_000 +
  2 * (description.length + JSON.stringify(skills).length + JSON.stringify(tags).length + url.length) +
  (prices.size > 0 ? 2 * pricesToJson(prices).length + 100 * prices.size : 0);
const CACHED = { bytesMax: 64 * MIB, perOwner: 8 * MIB, bytesOf, ownerOf: shareOwner };

/** The agents as this node has them in memory, as each caller sees them; and who is told of those that change. */
export class KnownAgents {
  readonly #cached: CachedLookup<Agent>;
  readonly #slugs: CachedLookup<{ id: string }>;
  readonly #sight: Sight;
  readonly #registered = new Set<(agent: Agent) => void>();
  readonly #removed = new Set<(id: string) => void>();

  constructor({ storage, store, grants }: KnownAgentsOptions) {
    this.#sight = new Sight(grants);
    this.#slugs = new CachedLookup(async (slug) => {
      const id = await store.findIdBySlug(slug);
      return id === undefined ? undefined : { id };
    });
    storage.changes.subscribe(SLUGS_TOPIC, (changed) => this.#slugs.forget(changed));
    this.#cached = new CachedLookup<Agent>((id) => store.find(id), { shares: CACHED });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  /** Calls `listener` with every agent registered or changed on this node. */
  onRegistered(listener: (agent: Agent) => void): void {
    this.#registered.add(listener);
  }

  /** Calls `listener` with the id of every agent removed on this node. */
  onRemoved(listener: (id: string) => void): void {
    this.#removed.add(listener);
  }

  /** Tells this node's rooms of an agent that was registered or changed. */
  announce(agent: Agent): void {
    for (const listener of this.#registered) listener(agent);
  }

  /** Tells them of one that is gone. */
  announceRemoved(id: string): void {
    for (const listener of this.#removed) listener(id);
  }

  /** Tells them of one that was changed, and makes of it what its changer is told. */
  told({ agent, webhookSecret }: { agent: Agent; webhookSecret: string | undefined }): ChangedAgent {
    this.announce(agent);
    return webhookSecret === undefined ? agent : { ...agent, webhookSecret };
  }

  /**
   * The agent as the gateway knows it, for its own purposes: from memory, without a promise, when it was seen before. What is told to a
   * caller, or done for one, asks {@link see}, {@link get} or {@link managed}.
   */
  find(id: string): Agent | undefined | Promise<Agent | undefined> {
    return this.#cached.get(id);
  }

  /** The agent as this caller sees it, at its price; undefined for one that is not there, or not to this caller. */
  see(id: string, caller: Principal | undefined): Agent | undefined | Promise<Agent | undefined> {
    const seen = this.seen(id, this.#cached.get(id), caller);
    return seen instanceof Promise ? seen.then((one) => one?.agent) : seen?.agent;
  }

  /** The same of what was found already, with whether the caller may call it. */
  seen(
    id: string,
    found: Agent | undefined | Promise<Agent | undefined>,
    caller: Principal | undefined,
  ): SeenAgent | undefined | Promise<SeenAgent | undefined> {
    return found instanceof Promise
      ? found.then((agent) => this.#sight.of(id, agent, caller))
      : this.#sight.of(id, found, caller);
  }

  /** Whether it is known without a look into the database that there is such an agent to this caller. */
  remembers(id: string, caller: Principal | undefined): boolean {
    const agent = this.#cached.has(id) ? this.#cached.get(id) : undefined;
    return agent !== undefined && !(agent instanceof Promise) && this.#sight.isKnown(agent, caller);
  }

  /** @throws Problem 404 when there is no such agent to this caller. */
  async get(id: string, caller: Principal | undefined): Promise<Agent> {
    const agent = await this.see(id, caller);
    if (!agent) throw notFound("Agent");
    return agent;
  }

  /** The id of the agent whose tools are named by this; undefined for none. Whether a caller sees it, {@link see} tells. */
  idOfSlug(slug: string): string | undefined | Promise<string | undefined> {
    const found = this.#slugs.get(slug);
    return found instanceof Promise ? found.then((one) => one?.id) : found?.id;
  }

  /** The agent, for somebody who may do this to it. @throws Problem 404, or 403 for somebody else's agent. */
  async managed(id: string, caller: Principal, action: ListedAction): Promise<Agent> {
    const agent = await this.get(id, caller);
    demandOwn(caller, action, agent, "agent");
    return agent;
  }
}
