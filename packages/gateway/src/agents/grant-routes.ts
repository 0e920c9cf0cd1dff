import type { MicroDollars } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { numeric, Problem, type RouteDefinition, route, uuid } from "../http/index.ts";
import type { Agent } from "./agent.ts";
import { agentsTag as tag } from "./fields.ts";
import { grantBody, toWireGrant, wireGrant } from "./grant.ts";
import { GRANT_PLACE } from "./grant-store.ts";
import type { Grants } from "./grants.ts";
import type { AgentRegistry } from "./registry.ts";

const LIST_MAX = 500;
const ofAgent = z.object({ id: uuid() });
const ofOrg = ofAgent.extend({ org_id: uuid() });
const page = z.object({
  before: z
    .string()
    .regex(GRANT_PLACE, { error: "Take this from the page before" })
    .optional()
    .describe("`next` of the page before"),
  limit: numeric(z.int().min(1).max(LIST_MAX)).default(100),
});
const wireGrants = z
  .object({ entries: z.array(wireGrant), next: z.string().nullable() })
  .meta({ id: "AgentGrantList" });
const refusals = {
  403: { description: "The agent belongs to somebody else" },
  404: { description: "No such agent, organization or grant" },
};

/** A price that nobody approved is asked of nobody. */
const dearer = () =>
  new Problem(
    403,
    "Changes need approval here, and a grant none: it asks for the agent's own price or less, whatever the task is for. Have a higher price of the agent approved first",
    { code: "price_needs_approval" },
  );

/** What is granted is the price of every task that costs anything: also of one for a skill that costs others less than the agent does. */
const leastPrice = ({ pricePerTask, prices }: Pick<Agent, "pricePerTask" | "prices">): MicroDollars =>
  [...prices.values()].reduce((least, price) => (price > 0n && price < least ? price : least), pricePerTask);

/** To which organizations an agent is granted: its owner's business, and the admin's. */
export function grantRoutes(registry: AgentRegistry, grants: Grants): RouteDefinition[] {
  const one = { path: "/agents/{id}/grants/{org_id}", tag, params: ofOrg } as const;
  return [
    route({
      method: "GET",
      path: "/agents/{id}/grants",
      tag,
      params: ofAgent,
      query: page,
      action: actions.readGrants,
      operationId: "listAgentGrants",
      summary: "List the organizations that an agent is granted to, newest first",
      description: "Also those whose grants are over.",
      responses: { 200: { description: "Grants", schema: wireGrants }, ...refusals },
      handler: async ({ params, query, caller }) => {
        const { id } = await registry.managed(params.id, caller, actions.readGrants);
        const { grants: found, next } = await grants.list(id, query);
        return { entries: found.map(toWireGrant), next };
      },
    }),
    route({
      ...one,
      method: "GET",
      action: actions.readGrants,
      operationId: "getAgentGrant",
      summary: "Get what an agent's owner granted an organization",
      description: "Also when it is over.",
      responses: { 200: { description: "The grant", schema: wireGrant }, ...refusals },
      handler: async ({ params, caller }) => {
        const { id } = await registry.managed(params.id, caller, actions.readGrants);
        return toWireGrant(await grants.get(id, params.org_id));
      },
    }),
    route({
      ...one,
      method: "PUT",
      action: actions.writeGrants,
      operationId: "setAgentGrant",
      summary: "Show an agent to an organization, or have it call the agent",
      description:
        "The whole of what is granted, in place of what was. To whom it is shown counts while the agent's `visibility` is `granted`, a " +
        "price of its own also while it is `public`; while it is `org`, grants rest. In force on every node within a second, for calls that begin then.",
      body: grantBody,
      bodyExample: { actions: ["call"], price: 0.02 },
      responses: {
        200: { description: "The grant", schema: wireGrant },
        409: { description: "The organization is the agent's own, or there are too many grants" },
        ...refusals,
      },
      handler: async ({ params, body, caller, request }) => {
        const agent = await registry.managed(params.id, caller, actions.writeGrants);
        if (body.price !== null && body.price > leastPrice(agent) && registry.needsApproval(caller)) throw dearer();
        return toWireGrant(await grants.put(agent, params.org_id, body, byCaller(caller, request)));
      },
    }),
    route({
      ...one,
      method: "DELETE",
      action: actions.writeGrants,
      operationId: "deleteAgentGrant",
      summary: "Take an agent back from an organization",
      description: "Calls that were begun end as they began; to new ones there is no such agent, where it is hidden.",
      responses: { 204: { description: "Revoked" }, ...refusals },
      handler: async ({ params, caller, request }) => {
        const agent = await registry.managed(params.id, caller, actions.writeGrants);
        await grants.remove(agent, params.org_id, byCaller(caller, request));
      },
    }),
  ];
}
