import { type Difference, diffDocuments } from "@agentgate/protocol/a2a";
import type { Transaction } from "kysely";
import { actions } from "../access/index.ts";
import type { By } from "../audit/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import type { SkippedTool } from "../mcp-servers/index.ts";
import { hashKey } from "../runtime/index.ts";
import type { Database } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { type AgentChanges, NO_CARD } from "./agent-changes.ts";
import type { CardGains } from "./card-gains.ts";
import type { CardIntake } from "./card-intake.ts";
import type { KnownAgents } from "./known-agents.ts";
import type { ManifestDifference } from "./manifests/look.ts";
import type { RegisteredSites } from "./manifests/registered-sites.ts";
import type { McpTools } from "./mcp/mcp-tools.ts";

export interface AgentRefreshOptions {
  intake: CardIntake;
  gains: CardGains;
  changes: AgentChanges;
  known: KnownAgents;
  /** Of agents that are websites. */
  sites: RegisteredSites;
  /** Of agents that are MCP servers. */
  tools: McpTools;
}

/** How an agent is looked at anew. */
export interface RefreshTerms {
  /** False only looks. */
  apply: boolean;
  /** Of what was looked at before: something else is not applied. */
  digest?: string | undefined;
}

/** What a look at an agent has found. */
export interface Refreshed {
  agent: Agent;
  differences: readonly (Difference | ManifestDifference)[];
  /** Of all tools of an MCP server, or of what a website tells otherwise, for whoever approves just that. */
  digest?: string;
  skipped?: readonly SkippedTool[];
}

/** Looks at agents anew: at their cards, tools or manifests. */
export class AgentRefresh {
  readonly #options: AgentRefreshOptions;

  constructor(options: AgentRefreshOptions) {
    this.#options = options;
  }

  /**
   * Reads the agent's card, or a site's manifest, anew and tells what changed. Fields that still say what the old card said follow the new one.
   *
   * @param apply false only looks
   * @throws Problem 404 when there is no card, 400 when it cannot be used, 409 when the agent has moved meanwhile; 403 for changes of a
   *   site that need approval
   */
  async refresh(id: string, by: By, { apply, digest }: RefreshTerms): Promise<Refreshed> {
    const { caller } = by;
    const managed = await this.#options.known.managed(id, caller, actions.writeAgents);
    if (managed.protocol === "mcp") return this.#refreshServer(managed, by, { apply, digest });
    if (managed.protocol === "site") return this.#refreshSite(managed, by, { apply, digest });
    const { agent, stored } = await this.#options.changes.toChange(managed, caller);
    const found = await this.#options.intake.refetch(agent, stored);
    const differences = diffDocuments(stored ? JSON.parse(stored.original) : undefined, JSON.parse(found.original));
    if (!apply || differences.length === 0) return { agent: managed, differences };
    const gained = { found, address: stored?.address, at: agent.url, isDemanded: true };
    const updated = await this.#options.gains.gain(id, gained, { by, needsApproval: this.#needsApproval(caller) });
    if (!updated) throw notFound("Agent");
    return { agent: updated, differences };
  }

  /**
   * Looks at an MCP server anew, and lets what is found count. Where changes need approval, it waits for somebody who may give it.
   * @throws Problem 409 when something else is found than what was looked at
   */
  async #refreshServer(agent: Agent, by: By, { apply, digest }: RefreshTerms): Promise<Refreshed> {
    const { tools, known } = this.#options;
    const found = await tools.find(agent);
    const told = { differences: found.differences, digest: found.digest, skipped: found.list.skipped };
    if (!apply) return { agent, ...told };
    if (digest !== undefined && digest !== found.digest) throw foundOtherwise();
    const updated = await tools.take(agent, found, by, { isApproved: !this.#needsApproval(by.caller) });
    if (!updated) throw notFound("Agent");
    known.announce(updated);
    return { agent: updated, ...told };
  }

  /**
   * Looks at a website anew, and lets what is found count.
   * @throws Problem 409 when something else is found than what was looked at
   */
  async #refreshSite(managed: Agent, by: By, terms: RefreshTerms): Promise<Refreshed> {
    const { sites, changes, known } = this.#options;
    const { found, differences } = await sites.compare(managed);
    // Of what is shown, not of the text: a manifest may be written anew for each request.
    const digest = hashKey(JSON.stringify(differences));
    if (!terms.apply) return { agent: managed, differences, digest };
    if (terms.digest !== undefined && terms.digest !== digest) throw foundOtherwise();
    if (differences.length > 0 && this.#needsApproval(by.caller)) throw siteNeedsApproval();
    const edit = await sites.refreshed(managed.id, found);
    const along = (trx: Transaction<Database>, agent: Agent) => sites.keepIn(trx, agent, found);
    const changed = await changes.change(managed.id, NO_CARD, edit, { by, needsApproval: false, along });
    if (!changed) throw notFound("Agent");
    return { agent: known.told(changed), differences, digest };
  }

  #needsApproval(caller: Principal): boolean {
    return this.#options.changes.needsApproval(caller, "changes");
  }
}

const foundOtherwise = () =>
  new Problem(409, "What it tells has changed since it was looked at; look at it again with dry_run=true", {
    code: "tools_changed",
  });

const siteNeedsApproval = () =>
  new Problem(
    403,
    "What the site has changed waits for the admin, who lets it take effect by refreshing the agent: here changes of agents need approval",
    { code: "needs_approval" },
  );
