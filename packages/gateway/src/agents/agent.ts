import { type MicroDollars, microDollarsToNumber } from "@agentgate/protocol";
import { actions, may, type Shown, type Visibility } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import type { SkippedTool } from "../mcp-servers/index.ts";
import { type Micros, renderTimestamp } from "../runtime/index.ts";
import type { Approval } from "./approval/approval.ts";
import { approvalMember } from "./approval/told.ts";
import { pricedSkills, type SkillPrices, toWirePrices } from "./skills/prices.ts";
import { type TrackRecord, toWireRecord, UNTRIED } from "./track-record.ts";

/** What agents speak. */
export const agentProtocols = ["plain", "a2a", "mcp", "site"] as const;
export type AgentProtocolName = (typeof agentProtocols)[number];
/** What may be said of that: `auto` leaves it to the gateway, which looks for a card. */
export const protocolSettings = ["auto", ...agentProtocols] as const;
export type ProtocolSetting = (typeof protocolSettings)[number];

/** A registered agent, as the gateway keeps it. Immutable: a change makes a new record. */
export interface Agent extends Shown {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly version: string;
  readonly skills: readonly Record<string, unknown>[];
  readonly tags: readonly string[];
  readonly webhookUrl: string | null;
  /** Of a task that names no skill, or one without a price of its own: never less than that of the dearest skill. */
  readonly pricePerTask: MicroDollars;
  /** Of skills that have a price of their own. */
  readonly prices: SkillPrices;
  /** Begins the names of its tools; fixed at its registration. */
  readonly slug: string;
  readonly orgId: string | null;
  /** Hash of the key that callers of this agent must show; null when it needs none. */
  readonly keyHash: string | null;
  /** Whether the gateway runs the agent itself. */
  readonly deployed: boolean;
  /** How long a task may take, in milliseconds; null means the gateway's default. */
  readonly timeoutMs: number | null;
  /** What it speaks: A2A, as its card says, the plain contract, MCP, or what a website's manifest says. */
  readonly protocol: AgentProtocolName;
  /** What was said of that. */
  readonly protocolSetting: ProtocolSetting;
  readonly approval: Approval;
  /** Who sees it. */
  readonly visibility: Visibility;
  /** Whether there may be organizations that it is granted to: of all others there is nothing to look up. */
  readonly hasGrants: boolean;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
}

/** Whose share of hosts, places and bytes a call to this agent takes: its organization's or, where it has none, its own. */
export const shareOwner = ({ orgId, id }: Pick<Agent, "orgId" | "id">): string => orgId ?? id;

/** The agent as the call answers it that may have set its `webhook_url`: then with the secret. */
export const toWireChanged = (
  agent: Agent & { readonly webhookSecret?: string; readonly skipped?: readonly SkippedTool[] },
  caller: Principal | undefined,
) => ({
  ...toWireAgent(agent, caller),
  ...(agent.webhookSecret !== undefined && { webhook_secret: agent.webhookSecret }),
  ...(agent.skipped && { skipped: agent.skipped }),
});

/**
 * The agent on the wire (contract section 2). Only its owner sees where its webhooks go, and what was decided of it; nobody sees a key.
 */
export const toWireAgent = (agent: Agent, caller: Principal | undefined) => {
  const isOwn = may(caller, actions.inspectAgents, agent);
  return {
    ...publicFields(agent),
    webhook_url: isOwn ? agent.webhookUrl : null,
    ...(isOwn && approvalMember(agent)),
  };
};

const publicFields = (agent: Agent) => ({
  id: agent.id,
  name: agent.name,
  description: agent.description,
  url: agent.url,
  version: agent.version,
  skills: pricedSkills(agent),
  tags: agent.tags,
  webhook_url: null as string | null,
  price_per_task: microDollarsToNumber(agent.pricePerTask),
  ...(agent.prices.size > 0 && { prices: toWirePrices(agent.prices) }),
  slug: agent.slug,
  org_id: agent.orgId,
  deployed: agent.deployed,
  timeout_ms: agent.timeoutMs,
  protocol: agent.protocol,
  protocol_setting: agent.protocolSetting,
  visibility: agent.visibility,
  requires_key: agent.keyHash !== null,
  created_at: renderTimestamp(agent.createdAt),
  updated_at: renderTimestamp(agent.updatedAt),
});

/** What a search finds: the public fields with the rating, rounded to two decimals, and how it does. */
export const toWireSearchItem = (
  agent: Agent,
  rating: { average: number | null; count: number },
  record: TrackRecord = UNTRIED,
) => ({
  ...publicFields(agent),
  avg_rating: rating.average === null ? null : Math.round(rating.average * 100) / 100,
  review_count: rating.count,
  ...toWireRecord(record),
});

/** An agent in the list of its organization's, with how it does where that was asked for. */
export const toWireListed = (agent: Agent, caller: Principal | undefined, record: TrackRecord | undefined) => ({
  ...toWireAgent(agent, caller),
  ...(record && toWireRecord(record)),
});
