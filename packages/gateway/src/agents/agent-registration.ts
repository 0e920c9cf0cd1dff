import { isTier, tierLimits } from "@agentgate/protocol";
import type { Transaction } from "kysely";
import type { z } from "zod";
import { orgOf } from "../access/index.ts";
import type { AuditLog, By, FieldChange } from "../audit/index.ts";
import { notFound, Problem } from "../http/index.ts";
import { hashKey, type Random, type Timestamps } from "../runtime/index.ts";
import type { Database } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { agentChange } from "./agent-audit.ts";
import type { AgentChanges } from "./agent-changes.ts";
import type { AgentWebhooks } from "./agent-webhooks.ts";
import { APPROVED, type Approval } from "./approval/approval.ts";
import type { CardGains } from "./card-gains.ts";
import { type CardIntake, saidAddress } from "./card-intake.ts";
import { type AgentCards, cardFields } from "./cards.ts";
import { type CheckUrl, demandSafeUrls, hasPath } from "./check-urls.ts";
import type { agentCreation } from "./fields.ts";
import type { ChangedAgent, KnownAgents } from "./known-agents.ts";
import type { RegisteredSites } from "./manifests/registered-sites.ts";
import { siteFields } from "./manifests/site-fields.ts";
import { demandServerFields, type McpRegistration, priceForAll, trustNeedsApproval } from "./mcp/mcp-registration.ts";
import { type McpTools, recordedTools } from "./mcp/mcp-tools.ts";
import { demandCovered, demandKnownSkills, NO_PRICES, saidPrices, withoutPrices } from "./skills/prices.ts";
import type { AgentStore, Refusal } from "./store.ts";

export interface AgentRegistrationOptions {
  store: AgentStore;
  random: Random;
  timestamps: Timestamps;
  checkUrl: CheckUrl;
  cards: AgentCards;
  intake: CardIntake;
  gains: CardGains;
  webhooks: AgentWebhooks;
  auditLog: AuditLog;
  changes: AgentChanges;
  known: KnownAgents;
  /** Of agents that are websites. */
  sites: RegisteredSites;
  /** Of agents that are MCP servers. */
  mcp: { registration: McpRegistration; tools: McpTools };
}

/** What a registration is made with, when it is not a request of `POST /agents/`. */
export interface Registration {
  /** By default a new one. */
  id?: string;
  /** The gateway runs the agent itself: its URL is the gateway's own, and its card is looked for when it runs. */
  isHosted?: boolean;
  /** Written in the same transaction. */
  along?(trx: Transaction<Database>, agent: Agent): Promise<void>;
  /** What that changes, for the audit log. */
  changes?: readonly FieldChange[];
}

/** Registers agents: what is said of each, with what is found at its address. */
export class AgentRegistration {
  readonly #options: AgentRegistrationOptions;

  constructor(options: AgentRegistrationOptions) {
    this.#options = options;
  }

  /**
   * @throws Problem 400 for an unsafe URL or a card that cannot be used, 403 when the organization has all the agents its tier
   *   allows, 404 for no such organization, 422 when neither the fields nor a card tell the name and URL, or for prices of skills that
   *   do not fit
   */
  async register(
    given: z.output<typeof agentCreation>,
    by: By,
    { id = this.#options.random.uuid(), isHosted = false, along, changes = [] }: Registration = {},
  ): Promise<ChangedAgent> {
    const { caller } = by;
    const {
      store,
      timestamps,
      checkUrl,
      cards,
      intake,
      sites,
      webhooks,
      auditLog,
      changes: rules,
      mcp,
      known,
    } = this.#options;
    const orgId = orgOf(caller) ?? given.org_id;
    demandServerFields(given, isHosted ? "plain" : given.protocol);
    if (given.trust === "auto" && rules.needsApproval(caller, "changes")) throw trustNeedsApproval();
    const said = given.protocol === "mcp" ? await mcp.registration.look(given, { id, orgId }) : undefined;
    const address = saidAddress(given);
    const urls = [isHosted || said ? undefined : given.url, given.card_url, given.webhook_url];
    await demandSafeUrls(checkUrl, urls);
    const isKnown = isHosted || said !== undefined;
    const demanded = isKnown ? undefined : await sites.demanded(given);
    const found = isKnown || demanded ? undefined : await intake.cardOf({ ...given, address });
    const guessed = isKnown || demanded || found ? undefined : await this.#guess(given, { id, orgId });
    const server = said ?? guessed?.server;
    const site = demanded ?? guessed?.site;
    const told = found
      ? cardFields(found.card)
      : site
        ? siteFields(site)
        : server && { ...server, description: "", skills: recordedTools(server.words) };
    const url = site?.url ?? given.url ?? told?.url;
    const name = given.name ?? (told?.name || undefined);
    if (name === undefined || url === undefined) throw missingFields({ name, url });
    const prices = saidPrices(server ? { prices: server.prices } : given) ?? NO_PRICES;
    const now = timestamps();
    const approval: Approval = rules.needsApproval(caller, "new")
      ? { state: "pending", reason: null, since: now, change: null }
      : APPROVED;
    const priced = {
      pricePerTask: server ? priceForAll(given.price_per_task, prices.values()) : given.price_per_task,
      prices,
    };
    const fresh: Omit<Agent, "slug"> = {
      id,
      name,
      description: given.description ?? told?.description ?? "",
      url,
      version: given.version ?? told?.version ?? "1.0.0",
      skills: given.skills && !site ? withoutPrices(given.skills) : (told?.skills ?? []),
      tags: given.tags,
      webhookUrl: given.webhook_url || null,
      ...(site ? sites.pricesOf(site, priced) : priced),
      orgId,
      keyHash: given.agent_api_key ? hashKey(given.agent_api_key) : null,
      deployed: isHosted,
      timeoutMs: given.timeout_ms,
      protocol: server ? "mcp" : found ? "a2a" : site ? "site" : "plain",
      // A server stays what it is: no card is looked for at it.
      protocolSetting: server ? "mcp" : (given.protocol ?? "auto"),
      approval,
      visibility: given.visibility ?? "public",
      hasGrants: false,
      createdAt: now,
      updatedAt: now,
    };
    const agentsMaxOf = (tier: string) => tierLimits[isTier(tier) ? tier : "free"].max_agents;
    demandKnownSkills(fresh);
    demandCovered(fresh);
    let webhookSecret: string | undefined;
    const inserted = await store.insert(fresh, agentsMaxOf, async (trx, note, agent) => {
      if (found) await cards.put(trx, agent.id, found, address);
      if (server) await mcp.registration.write(trx, agent, server, by);
      if (site) await sites.keepIn(trx, agent, site);
      await along?.(trx, agent);
      webhookSecret = await webhooks.registered(trx, note, agent);
      const card = found && { before: undefined, after: found.original };
      const registered = agentChange("registered", undefined, agent, { card, webhookSecret });
      await auditLog.rowIn(trx, by, { ...registered, changes: [...registered.changes, ...changes] });
    });
    const agent = demandInserted(inserted);
    if (server) mcp.tools.told(agent, server.list);
    const changed = known.told({ agent, webhookSecret });
    if (!found && !site && !isHosted && agent.protocolSetting === "auto")
      this.#options.gains.lookFor(
        { agent, proposed: agent },
        { needsApproval: rules.needsApproval(caller, "changes") },
      );
    return { ...changed, ...(server && { skipped: server.list.skipped }) };
  }

  /**
   * What lives at an address of which nothing else is said, and has no card. A site is found by a GET, a server by a POST that an agent
   * might take for a task: only an address with a path is asked that before a manifest is looked for.
   */
  async #guess(given: z.output<typeof agentCreation>, agent: Pick<Agent, "id" | "orgId">) {
    const askServer = async () => {
      const server = await this.#options.mcp.registration.guessed(given, agent);
      return server && { server, site: undefined };
    };
    const askSite = async () => {
      const site = await this.#options.sites.guessed(given);
      return site && { server: undefined, site };
    };
    const [first, second] = hasPath(given.url) ? [askServer, askSite] : [askSite, askServer];
    return (await first()) ?? (await second());
  }
}

/** @throws Problem for a registration that was refused */
function demandInserted(inserted: Agent | Refusal): Agent {
  if (!("refused" in inserted)) return inserted;
  if (inserted.refused === "no_org") throw notFound("Organization");
  throw new Problem(
    403,
    `This organization's tier allows ${inserted.agentsMax} agents; delete one or change the tier`,
    {
      code: "agent_limit_reached",
    },
  );
}

/** As validation itself would have it (contract section 1.4). */
const missingFields = (fields: Record<string, string | undefined>) =>
  new Problem(
    422,
    Object.keys(fields)
      .filter((field) => fields[field] === undefined)
      .map((field) => ({ type: "missing", loc: ["body", field], msg: "Field required" })),
    { code: "validation_failed" },
  );
