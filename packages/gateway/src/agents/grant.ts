import { type MicroDollars, microDollarsToNumber } from "@agentgate/protocol";
import { z } from "zod";
import { money, withDefault } from "../http/index.ts";
import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** What an agent's owner allows another organization. */
export interface Grant {
  readonly agentId: string;
  readonly orgId: string;
  /** Whether its tasks may be sent there; else the agent is only shown. */
  readonly mayCall: boolean;
  /** Of a task, whichever skill it is for, in place of the agent's own; null for the agent's. An agent, or a skill, that costs nothing costs nobody anything. */
  readonly price: MicroDollars | null;
  /** When it ends by itself; null for never. */
  readonly expiresAt: Micros | null;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
}

/** The change feed's topic for grants; its keys name an agent and an organization, see {@link grantKey}. */
export const GRANTS_TOPIC = "grants";
export const grantKey = (agentId: string, orgId: string): string => `${agentId} ${orgId}`;

const ACTIONS = ["discover", "call"] as const;
const action = z.enum(ACTIONS);

/** Body of `PUT /agents/{id}/grants/{org_id}`: the whole of what is granted. */
export const grantBody = z
  .object({
    actions: z
      .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(action).min(1).max(ACTIONS.length))
      .describe("`discover`: the organization sees the agent; `call`: it may call it, and sees it too"),
    price: withDefault(money().nullable(), null).describe(
      "Of a task, in dollars, whichever skill it is for, in place of the agent's own; what is free to all, the agent or a skill, stays free",
    ),
    expires_at: withDefault(z.iso.datetime({ offset: true }).nullable(), null).describe("When the grant ends"),
  })
  .meta({ id: "NewAgentGrant" });

/** A grant as answered, for the documentation. */
export const wireGrant = z
  .object({
    agent_id: z.uuid(),
    org_id: z.uuid(),
    actions: z.array(action).describe("`call` implies `discover`"),
    price: z.number().nullable().describe("US dollars; null for the agent's own price"),
    expires_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "AgentGrant" });

export const toWireGrant = (grant: Grant) => ({
  agent_id: grant.agentId,
  org_id: grant.orgId,
  actions: grant.mayCall ? ACTIONS : ACTIONS.slice(0, 1),
  price: grant.price === null ? null : microDollarsToNumber(grant.price),
  expires_at: grant.expiresAt === null ? null : renderTimestamp(grant.expiresAt),
  created_at: renderTimestamp(grant.createdAt),
  updated_at: renderTimestamp(grant.updatedAt),
});
