import { sql } from "kysely";
import type { z } from "zod";
import { actions, type ListedAction, reachOf } from "../access/index.ts";
import type { AuditLog, By } from "../audit/index.ts";
import { notFound, type Principal } from "../http/index.ts";
import type { Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { agentChange } from "./agent-audit.ts";
import { AgentChanges } from "./agent-changes.ts";
import { type AgentPage, isNamed, type ListPage, listAgents } from "./agent-list.ts";
import { AgentRefresh, type Refreshed, type RefreshTerms } from "./agent-refresh.ts";
import { AgentRegistration, type Registration } from "./agent-registration.ts";
import { AgentUpdate } from "./agent-update.ts";
import type { AgentWebhooks } from "./agent-webhooks.ts";
import type { ApprovalMode } from "./approval/approval.ts";
import { CardGains } from "./card-gains.ts";
import type { CardIntake } from "./card-intake.ts";
import type { AgentCards } from "./cards.ts";
import type { CheckUrl } from "./check-urls.ts";
import type { agentCreation, agentUpdate } from "./fields.ts";
import type { Grants } from "./grants.ts";
import { HostedAgents } from "./hosted-agents.ts";
import { type ChangedAgent, KnownAgents } from "./known-agents.ts";
import type { RegisteredSites } from "./manifests/registered-sites.ts";
import type { McpRegistration } from "./mcp/mcp-registration.ts";
import type { McpServer } from "./mcp/mcp-server.ts";
import type { McpTools } from "./mcp/mcp-tools.ts";
import type { SeenAgent } from "./sight.ts";
import type { AgentSkill } from "./skills/skill.ts";
import type { SkillRegistry } from "./skills/skill-registry.ts";
import type { AgentStore } from "./store.ts";
import { type TrackRecord, trackRecords } from "./track-record.ts";
import { isVisible } from "./visible.ts";

export interface RegistryOptions {
  storage: Storage;
  store: AgentStore;
  random: Random;
  timestamps: Timestamps;
  checkUrl: CheckUrl;
  cards: AgentCards;
  intake: CardIntake;
  webhooks: AgentWebhooks;
  auditLog: AuditLog;
  /** What needs approval. */
  approval: ApprovalMode;
  grants: Grants;
  /** Of agents that are websites. */
  sites: RegisteredSites;
  skills: SkillRegistry;
  /** Of agents that are MCP servers. */
  mcp: { registration: McpRegistration; tools: McpTools };
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** Registers, changes and removes agents, and hands them to whoever calls them. */
export class AgentRegistry {
  readonly #options: RegistryOptions;
  readonly #known: KnownAgents;
  readonly #changes: AgentChanges;
  readonly #registration: AgentRegistration;
  readonly #update: AgentUpdate;
  readonly #refresh: AgentRefresh;
  readonly #hosted: HostedAgents;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#known = new KnownAgents(options);
    this.#changes = new AgentChanges(options);
    const { intake } = options;
    const [changes, known] = [this.#changes, this.#known];
    const gains = new CardGains({ changes, intake, known });
    const parts = { ...options, ...options.mcp, changes, gains, known };
    this.#registration = new AgentRegistration(parts);
    this.#update = new AgentUpdate(parts);
    this.#refresh = new AgentRefresh(parts);
    this.#hosted = new HostedAgents(parts);
  }

  /** Calls `listener` with every agent registered or changed on this node. */
  onRegistered(listener: (agent: Agent) => void): void {
    this.#known.onRegistered(listener);
  }

  /** Calls `listener` with the id of every agent removed on this node. */
  onRemoved(listener: (id: string) => void): void {
    this.#known.onRemoved(listener);
  }

  /** See {@link AgentRegistration.register}. */
  register(given: z.output<typeof agentCreation>, by: By, registration?: Registration): Promise<ChangedAgent> {
    return this.#registration.register(given, by, registration);
  }

  /** See {@link AgentUpdate.update}. */
  update(id: string, given: z.output<typeof agentUpdate>, by: By): Promise<ChangedAgent> {
    return this.#update.update(id, given, by);
  }

  /** See {@link AgentRefresh.refresh}. */
  refresh(id: string, by: By, terms: RefreshTerms): Promise<Refreshed> {
    return this.#refresh.refresh(id, by, terms);
  }

  /** Whether what this caller changes of its agents waits for approval. */
  needsApproval(caller: Principal): boolean {
    return this.#changes.needsApproval(caller, "changes");
  }

  /** See {@link HostedAgents.set}. */
  setHosted(id: string, isHosted: boolean, terms: { by: By; url?: string; needsApproval?: boolean }): Promise<Agent> {
    return this.#hosted.set(id, isHosted, terms);
  }

  /** See {@link HostedAgents.lookAt}. */
  lookAtHosted(id: string): Promise<void> {
    return this.#hosted.lookAt(id);
  }

  async remove(id: string, by: By): Promise<void> {
    const { store, webhooks, auditLog } = this.#options;
    const known = this.#known;
    await known.managed(id, by.caller, actions.writeAgents);
    const gone = await store.delete(id, async (trx, note, agent) => {
      await webhooks.removed(trx, note, id);
      await auditLog.rowIn(trx, by, agentChange("deleted", agent, undefined));
    });
    if (!gone) throw notFound("Agent");
    known.announceRemoved(id);
  }

  /** See {@link KnownAgents.find}: for the gateway's own purposes. */
  find(id: string): Maybe<Agent> {
    return this.#known.find(id);
  }

  /** The agent as this caller sees it, at its price; undefined for one that is not there, or not to this caller. */
  see(id: string, caller: Principal | undefined): Maybe<Agent> {
    return this.#known.see(id, caller);
  }

  /** The same of what was found already, with whether the caller may call it. */
  seen(id: string, found: Maybe<Agent>, caller: Principal | undefined): Maybe<SeenAgent> {
    return this.#known.seen(id, found, caller);
  }

  /** Whether it is known without a look into the database that there is such an agent to this caller. */
  remembers(id: string, caller: Principal | undefined): boolean {
    return this.#known.remembers(id, caller);
  }

  /** @throws Problem 404 when there is no such agent to this caller. */
  get(id: string, caller: Principal | undefined): Promise<Agent> {
    return this.#known.get(id, caller);
  }

  /** The agent, for somebody who may do this to it. @throws Problem 404, or 403 for somebody else's agent. */
  managed(id: string, caller: Principal, action: ListedAction): Promise<Agent> {
    return this.#known.managed(id, caller, action);
  }

  /** See {@link KnownAgents.idOfSlug}. */
  idOfSlug(slug: string): Maybe<string> {
    return this.#known.idOfSlug(slug);
  }

  /** What is known of the MCP server that an agent is; undefined of all others. */
  serverOf({ id, protocol }: Agent): Maybe<McpServer> {
    return protocol === "mcp" ? this.#options.mcp.tools.serverOf(id) : undefined;
  }

  /** What the agent can do, also what is not offered: from memory, without a promise, when it was seen before. */
  skills({ id }: Pick<Agent, "id">): readonly AgentSkill[] | Promise<readonly AgentSkill[]> {
    return this.#options.skills.of(id);
  }

  /** An organization's agents, as far as this caller sees them, newest first. */
  ofOrg(orgId: string, caller: Principal, { q, ...page }: ListPage & { q?: string | undefined }): Promise<AgentPage> {
    const isSeen = isVisible(reachOf(caller), this.#options.timestamps());
    const named = q ? isNamed(orgId, q) : sql`true`;
    return listAgents(this.#options.store.db, sql`org_id = ${orgId} and ${isSeen} and ${named}`, page);
  }

  /** How these agents do, by id. */
  records(ids: readonly string[]): Promise<Map<string, TrackRecord>> {
    return trackRecords(this.#options.store.db, ids);
  }

  countOfOrg(orgId: string): Promise<number> {
    return this.#options.store.countByOrg(orgId);
  }

  /** How many agents each of these organizations has, of those that have some. */
  countsOfOrgs(orgIds: readonly string[]): Promise<Map<string, number>> {
    return this.#options.store.countsByOrg(orgIds);
  }

  /** Tells this node's rooms of an agent that was registered or changed. */
  announce(agent: Agent): void {
    this.#known.announce(agent);
  }
}
