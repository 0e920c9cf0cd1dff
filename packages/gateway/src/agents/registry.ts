import { isTier, tierLimits } from "@agentgate/protocol";
import { type Difference, diffDocuments } from "@agentgate/protocol/a2a";
import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import { actions, demandOwn, type ListedAction, may, orgOf, reachOf } from "../access/index.ts";
import { type AuditLog, type By, byGateway, type FieldChange } from "../audit/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import { CachedLookup, hashKey, type Random, type Timestamps } from "../runtime/index.ts";
import type { Database, Storage } from "../storage/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
import { agentChange } from "./agent-audit.ts";
import { AgentChanges, type ChangeTerms, type GainedCard, NO_CARD } from "./agent-changes.ts";
import { type AgentPage, type ListPage, listAgents } from "./agent-list.ts";
import type { AgentWebhooks } from "./agent-webhooks.ts";
import { APPROVED, type Approval, type ApprovalMode } from "./approval/approval.ts";
import type { FoundCard } from "./card-finder.ts";
import type { CardIntake } from "./card-intake.ts";
import { type AgentCards, cardFields } from "./cards.ts";
import { type CheckUrl, demandSafeUrls } from "./check-urls.ts";
import type { agentCreation, agentUpdate } from "./fields.ts";
import type { Grants } from "./grants.ts";
import { type SeenAgent, Sight } from "./sight.ts";
import { AGENTS_TOPIC, type AgentStore } from "./store.ts";
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
}

/** An agent as a call left it. */
export interface ChangedAgent extends Agent {
  /** Of the `webhook_url` that this call set: shown this once. */
  readonly webhookSecret?: string;
}

/** Of agents in memory: tens of thousands, or some hundreds of the largest there may be. */
const MIB = 2 ** 20;
const bytesOf = ({ description, skills, tags, url }: Agent): number =>
  1_000 + 2 * (description.length + JSON.stringify(skills).length + JSON.stringify(tags).length + url.length);
const CACHED = { bytesMax: 64 * MIB, perOwner: 8 * MIB, bytesOf, ownerOf: shareOwner };

/** What a registration is made with, when it is not a request of `POST /agents/`. */
export interface Registration {
  /** By default a new one. */
  id?: string;
  /** The gateway runs the agent itself: its URL is the gateway's own, and its card is looked for when it runs. */
  isHosted?: boolean;
  /** Written in the same transaction. */
  along?(trx: Transaction<Database>): Promise<void>;
  /** What that changes, for the audit log. */
  changes?: readonly FieldChange[];
}

/** Registers, changes and removes agents, and hands them to whoever calls them. */
export class AgentRegistry {
  readonly #cached: CachedLookup<Agent>;
  readonly #store: AgentStore;
  readonly #random: Random;
  readonly #timestamps: Timestamps;
  readonly #checkUrl: CheckUrl;
  readonly #cards: AgentCards;
  readonly #intake: CardIntake;
  readonly #webhooks: AgentWebhooks;
  readonly #auditLog: AuditLog;
  readonly #changes: AgentChanges;
  readonly #sight: Sight;
  readonly #registered = new Set<(agent: Agent) => void>();
  readonly #removed = new Set<(id: string) => void>();

  constructor(options: RegistryOptions) {
    const { storage, store, random, timestamps, checkUrl, cards, intake, webhooks, grants } = options;
    this.#sight = new Sight(grants);
    this.#webhooks = webhooks;
    this.#auditLog = options.auditLog;
    this.#store = store;
    this.#changes = new AgentChanges(options);
    this.#cards = cards;
    this.#intake = intake;
    this.#cached = new CachedLookup<Agent>((id) => this.#store.find(id), { shares: CACHED });
    this.#random = random;
    this.#timestamps = timestamps;
    this.#checkUrl = checkUrl;
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

  /**
   * @throws Problem 400 for an unsafe URL or a card that cannot be used, 403 when the organization has all the agents its tier
   *   allows, 404 for no such organization, 422 when neither the fields nor a card tell the name and URL
   */
  async register(
    given: z.output<typeof agentCreation>,
    by: By,
    { id = this.#random.uuid(), isHosted = false, along, changes = [] }: Registration = {},
  ): Promise<ChangedAgent> {
    const { caller } = by;
    await demandSafeUrls(this.#checkUrl, [isHosted ? undefined : given.url, given.card_url, given.webhook_url]);
    const address = saidAddress(given);
    const found = isHosted ? undefined : await this.#intake.cardOf({ ...given, address });
    const told = found && cardFields(found.card);
    const url = given.url ?? told?.url;
    const name = given.name ?? (told?.name || undefined);
    if (name === undefined || url === undefined) throw missingFields({ name, url });
    const now = this.#timestamps();
    const approval: Approval = this.#changes.needsApproval(caller, "new")
      ? { state: "pending", reason: null, since: now, change: null }
      : APPROVED;
    const agent: Agent = {
      id,
      name,
      description: given.description ?? told?.description ?? "",
      url,
      version: given.version ?? told?.version ?? "1.0.0",
      skills: given.skills ?? told?.skills ?? [],
      tags: given.tags,
      webhookUrl: given.webhook_url || null,
      pricePerTask: given.price_per_task,
      orgId: orgOf(caller) ?? given.org_id,
      keyHash: given.agent_api_key ? hashKey(given.agent_api_key) : null,
      deployed: isHosted,
      timeoutMs: given.timeout_ms,
      protocol: found ? "a2a" : "plain",
      protocolSetting: given.protocol ?? "auto",
      approval,
      visibility: given.visibility ?? "public",
      hasGrants: false,
      createdAt: now,
      updatedAt: now,
    };
    const agentsMaxOf = (tier: string) => tierLimits[isTier(tier) ? tier : "free"].max_agents;
    let webhookSecret: string | undefined;
    const refusal = await this.#store.insert(agent, agentsMaxOf, async (trx, note) => {
      if (found) await this.#cards.put(trx, agent.id, found, address);
      await along?.(trx);
      webhookSecret = await this.#webhooks.registered(trx, note, agent);
      const card = found && { before: undefined, after: found.original };
      const registered = agentChange("registered", undefined, agent, { card, webhookSecret });
      await this.#auditLog.rowIn(trx, by, { ...registered, changes: [...registered.changes, ...changes] });
    });
    if (refusal?.refused === "no_org") throw notFound("Organization");
    if (refusal) {
      throw new Problem(
        403,
        `This organization's tier allows ${refusal.agentsMax} agents; delete one or change the tier`,
        {
          code: "agent_limit_reached",
        },
      );
    }
    this.announce(agent);
    const needsApproval = this.needsApproval(caller);
    if (!found && !isHosted && agent.protocolSetting === "auto")
      this.#lookForCard({ agent, proposed: agent }, { needsApproval });
    return withSecret(agent, webhookSecret);
  }

  /** @throws Problem 400 for an unsafe URL or a card that cannot be used, 403 for somebody else's agent, 404 for none. */
  async update(id: string, given: z.output<typeof agentUpdate>, by: By): Promise<ChangedAgent> {
    const { caller } = by;
    const known = await this.see(id, caller);
    const before = known && (await this.#toChange(known, caller));
    const isHosted = before?.agent.deployed === true;
    await demandSafeUrls(this.#checkUrl, [isHosted ? undefined : given.url, given.card_url, given.webhook_url]);
    await this.managed(id, caller, actions.writeAgents);
    const { agent, stored } = before!;
    if (isHosted) demandNoMove(agent, given);
    if (given.url && stored && !given.card && !given.card_url) await this.#intake.judgeMove(stored, given.url);
    const protocol = given.protocol ?? agent.protocolSetting;
    const address = saidAddress(given) ?? stored?.address;
    const stated = await this.#intake.stated({ ...given, protocol, address });
    const lacksCard = given.protocol === "a2a" && !stated && !stored && !isHosted;
    const found = lacksCard ? await this.#intake.demanded(given.url ?? agent.url) : stated;
    const edit = (current: Agent): Agent => ({
      ...current,
      name: given.name ?? current.name,
      description: given.description ?? current.description,
      url: given.url ?? current.url,
      version: given.version ?? current.version,
      skills: given.skills ?? current.skills,
      tags: given.tags ?? current.tags,
      webhookUrl: given.webhook_url == null ? current.webhookUrl : given.webhook_url || null,
      pricePerTask: given.price_per_task ?? current.pricePerTask,
      keyHash:
        given.agent_api_key == null ? current.keyHash : given.agent_api_key ? hashKey(given.agent_api_key) : null,
      timeoutMs: given.timeout_ms ?? current.timeoutMs,
      protocolSetting: given.protocol ?? current.protocolSetting,
      visibility: given.visibility ?? current.visibility,
    });
    const needsApproval = this.needsApproval(caller);
    const saysWebhook = given.webhook_url != null;
    const asksAgain = !may(caller, actions.writeApprovals);
    const terms = { by, saysWebhook, needsApproval, asksAgain };
    const changed = await this.#changes.change(id, { found, address }, edit, terms);
    if (!changed) throw notFound("Agent");
    const { proposed } = changed;
    const mayHaveCard = proposed.protocolSetting !== "plain" && !found && !isHosted;
    if (mayHaveCard && (given.url != null || given.protocol === "auto")) {
      const isSaid = proposed.protocolSetting === "a2a" || stored?.address !== undefined;
      this.#lookForCard(changed, { needsApproval, address: isSaid ? proposed.url : undefined });
    }
    return this.#told(changed);
  }

  /**
   * Fetches the agent's card anew and tells what changed. Fields that still say what the old card said follow the new one.
   *
   * @param apply false only looks
   * @throws Problem 404 when there is no card, 400 when it cannot be used, 409 when the agent has moved meanwhile
   */
  async refresh(id: string, by: By, apply: boolean): Promise<{ agent: Agent; differences: Difference[] }> {
    const { caller } = by;
    const managed = await this.managed(id, caller, actions.writeAgents);
    const { agent, stored } = await this.#toChange(managed, caller);
    const found = await this.#intake.refetch(agent, stored);
    const differences = diffDocuments(stored ? JSON.parse(stored.original) : undefined, JSON.parse(found.original));
    if (!apply || differences.length === 0) return { agent: managed, differences };
    const gained = { found, address: stored?.address, at: agent.url, isDemanded: true };
    const updated = await this.#gain(id, gained, { by, needsApproval: this.needsApproval(caller) });
    if (!updated) throw notFound("Agent");
    return { agent: updated, differences };
  }

  /** Whether what this caller changes of its agents waits for approval. */
  needsApproval(caller: Principal): boolean {
    return this.#changes.needsApproval(caller, "changes");
  }

  /** What a change by this caller is made of. */
  async #toChange(agent: Agent, caller: Principal) {
    if (this.needsApproval(caller)) return this.#changes.asProposed(agent);
    return { agent, stored: await this.#cards.find(agent.id) };
  }

  /** An agent registered by its name and URL may speak A2A all the same: that is found out beside its first steps. */
  #lookForCard(
    { agent, proposed }: { agent: Agent; proposed: Agent },
    { needsApproval, address }: { needsApproval: boolean; address?: string | undefined },
  ): void {
    const terms = { by: byGateway, needsApproval };
    const take = (found: FoundCard) => this.#gain(agent.id, { found, address, at: proposed.url }, terms);
    // What waits for approval, no task waits for.
    this.#intake.look(proposed, take, { isAwaited: proposed.url === agent.url });
  }

  async #gain(id: string, card: GainedCard, terms: ChangeTerms): Promise<Agent | undefined> {
    const changed = await this.#changes.change(id, card, (agent) => agent, terms);
    return changed && this.#told(changed);
  }

  #told({ agent, webhookSecret }: { agent: Agent; webhookSecret: string | undefined }): ChangedAgent {
    this.announce(agent);
    return withSecret(agent, webhookSecret);
  }

  /**
   * From now on the gateway runs the agent itself, and calls it at an address of its own, or no longer does.
   * @param url where it is called then; where it was when there is none
   * @param needsApproval of one that is called somewhere else until then
   */
  async setHosted(
    id: string,
    isHosted: boolean,
    { by, url, needsApproval = false }: { by: By; url?: string; needsApproval?: boolean },
  ): Promise<Agent> {
    const known = await this.find(id);
    // One that was to be hosted and waits for that is to stay where it is called.
    const isWithdrawn = !isHosted && known?.deployed === false;
    const to = isWithdrawn ? known.url : url;
    const edit = (agent: Agent): Agent =>
      isWithdrawn && !agent.deployed ? agent : { ...agent, deployed: isHosted, url: to ?? agent.url };
    const terms = { by, needsApproval: needsApproval || isWithdrawn };
    const changed = await this.#changes.change(id, NO_CARD, edit, terms);
    if (!changed) throw notFound("Agent");
    return this.#told(changed);
  }

  /** Looks for the card of an agent that runs beside the gateway, and takes it in. @throws Problem 400 for a card that cannot be used */
  async lookAtHosted(id: string): Promise<void> {
    const known = await this.find(id);
    if (!known) throw notFound("Agent");
    const needsApproval = this.#changes.findingsNeedApproval(known);
    const { agent } = await this.#changes.asProposed(known);
    const found = agent.protocolSetting === "plain" ? undefined : await this.#intake.ofHosted(agent);
    const gained = { found, address: agent.url, at: agent.url };
    if (found) await this.#gain(id, gained, { by: byGateway, needsApproval });
  }

  async remove(id: string, by: By): Promise<void> {
    await this.managed(id, by.caller, actions.writeAgents);
    const gone = await this.#store.delete(id, async (trx, note, agent) => {
      await this.#webhooks.removed(trx, note, id);
      await this.#auditLog.rowIn(trx, by, agentChange("deleted", agent, undefined));
    });
    if (!gone) throw notFound("Agent");
    for (const listener of this.#removed) listener(id);
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

  /** The agent, for somebody who may do this to it. @throws Problem 404, or 403 for somebody else's agent. */
  async managed(id: string, caller: Principal, action: ListedAction): Promise<Agent> {
    const agent = await this.get(id, caller);
    demandOwn(caller, action, agent, "agent");
    return agent;
  }

  /** An organization's agents, as far as this caller sees them, newest first. */
  ofOrg(orgId: string, caller: Principal, page: ListPage): Promise<AgentPage> {
    const isSeen = isVisible(reachOf(caller), this.#timestamps());
    return listAgents(this.#store.db, sql`org_id = ${orgId} and ${isSeen}`, page);
  }

  countOfOrg(orgId: string): Promise<number> {
    return this.#store.countByOrg(orgId);
  }

  /** Tells this node's rooms of an agent that was registered or changed. */
  announce(agent: Agent): void {
    for (const listener of this.#registered) listener(agent);
  }
}

const withSecret = (agent: Agent, webhookSecret: string | undefined): ChangedAgent =>
  webhookSecret === undefined ? agent : { ...agent, webhookSecret };

/** Where a request that names a card says that tasks go, wherever the card's interfaces are. */
const saidAddress = ({ url, card, card_url }: Pick<z.output<typeof agentUpdate>, "url" | "card" | "card_url">) =>
  card || card_url ? (url ?? undefined) : undefined;

/** As validation itself would have it (contract section 1.4). */
const missingFields = (fields: Record<string, string | undefined>) =>
  new Problem(
    422,
    Object.keys(fields)
      .filter((field) => fields[field] === undefined)
      .map((field) => ({ type: "missing", loc: ["body", field], msg: "Field required" })),
    { code: "validation_failed" },
  );

/** @throws Problem 409 for a change that would lead elsewhere than to where the gateway runs it */
function demandNoMove({ url }: Agent, given: Pick<z.output<typeof agentUpdate>, "url" | "card" | "card_url">): void {
  if ((given.url == null || given.url === url) && !given.card && !given.card_url) return;
  throw new Problem(409, "The gateway runs this agent itself: its address and card are its own. Undeploy it first", {
    code: "agent_hosted",
  });
}
