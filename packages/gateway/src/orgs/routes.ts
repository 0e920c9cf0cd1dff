import type { MicroDollars } from "@agentgate/protocol";
import { z } from "zod";
import { actions, orgOf } from "../access/index.ts";
import { type AgentRegistry, agentAfter, toWireListed, wireListedAgent } from "../agents/index.ts";
import { type By, byCaller } from "../audit/index.ts";
import {
  afterParameter,
  idParams,
  linkNext,
  Problem,
  paging,
  type RouteDefinition,
  route,
  shownKeyHash,
  text,
  uuid,
} from "../http/index.ts";
import { orgCreation, orgRefusals, orgUpdate, wireCreatedOrg, wireListedOrg, wireMyOrg, wireOrg } from "./fields.ts";
import { toWireOrg } from "./org.ts";
import type { OrgRegistry } from "./registry.ts";
import { ORG_PLACE } from "./store.ts";

export interface OrgFaceOptions {
  orgs: OrgRegistry;
  agents: AgentRegistry;
  /** Money in the wallets of these organizations, by id. */
  balancesOf(orgIds: readonly string[]): Promise<ReadonlyMap<string, MicroDollars>>;
  /**
   * Empties an organization's wallet before it is deleted. @throws Problem 409 when there is money or a hold in it, unless
   * `force` writes it off.
   */
  closeWallet(orgId: string, force: boolean, by: By): Promise<void>;
  /** An organization is gone: what still reaches its wallet belongs to nobody. */
  onDeleted(orgId: string): Promise<void>;
}

const wireRotation = z
  .object({
    new_api_key: z.string(),
    status: z.literal("pending_confirmation"),
    ended_pending_key: z.literal(true).optional().describe("A key that waited for its confirmation is dead now"),
  })
  .meta({ id: "KeyRotation" });
const wireConfirmation = z.object({ status: z.literal("rotation_confirmed") }).meta({ id: "RotationConfirmed" });

const LIST_MAX = 1000;
/** Organizations that are asked for by their ids. */
const IDS_MAX = 100;
const PAGED = '`Link` with `rel="next"` says where the list goes on.';

const tag = { name: "Organizations", description: "Who owns agents, who pays for tasks, and their keys" };
const conflict = { 409: { description: "The name or the key is taken" } };

/** Organizations and their keys (contract section 6); wallets and billing have routes of their own. */
export function orgRoutes({ orgs, agents, balancesOf, closeWallet, onDeleted }: OrgFaceOptions): RouteDefinition[] {
  const balanceOf = async (id: string) => (await balancesOf([id])).get(id) ?? 0n;
  return [
    route({
      method: "POST",
      path: "/orgs/",
      action: actions.manageOrgs,
      tag,
      operationId: "createOrg",
      summary: "Create an organization",
      description: "Its name and its key are its own: no two organizations share either.",
      body: orgCreation,
      bodyExample: { name: "acme-corp" },
      responses: {
        201: {
          description: "The organization; with `api_key`, shown this once, when none was given",
          schema: wireCreatedOrg,
        },
        ...conflict,
      },
      handler: async ({ body, caller, request }) => {
        const { org, mintedKey } = await orgs.create(body, byCaller(caller, request));
        return { ...toWireOrg(org, 0n), ...(mintedKey !== undefined && { api_key: mintedKey }) };
      },
    }),
    route({
      method: "GET",
      path: "/orgs/",
      action: actions.manageOrgs,
      tag,
      operationId: "listOrgs",
      summary: "List organizations, newest first",
      description: `With \`q\`, those whose names begin so, in the order of their names. ${PAGED}`,
      query: z.object({
        q: text().max(255).optional().describe("How the name begins, whatever its case; or an id"),
        id: z
          .preprocess(
            (given) => (typeof given === "string" ? given.split(",").filter(Boolean) : given),
            z.array(uuid()).max(IDS_MAX),
          )
          .optional()
          .describe("These alone, those that are there: several times, or with commas"),
        include: z.enum(["agents"]).optional().describe("`agents`: how many agents each has"),
        ...paging({ default: LIST_MAX, max: LIST_MAX, min: 0 }),
        after: afterParameter(ORG_PLACE),
      }),
      responses: {
        200: { description: "Organizations", schema: z.array(wireListedOrg) },
        400: { description: "With `q`: the organization at which the page before ended is gone" },
      },
      handler: async ({ query, request, reply }) => {
        const { q, id, include } = query;
        const { orgs: page, next } = id
          ? { orgs: await orgs.those(id), next: undefined }
          : q?.trim()
            ? await orgs.search(q.trim(), query)
            : await orgs.list(query);
        if (next !== undefined) linkNext(request, reply, { after: next, offset: undefined });
        const ids = page.map(({ id }) => id);
        const [balances, counts] = await Promise.all([
          balancesOf(ids),
          include === "agents" ? agents.countsOfOrgs(ids) : undefined,
        ]);
        return page.map((org) => ({
          ...toWireOrg(org, balances.get(org.id) ?? 0n),
          ...(counts && { agents: counts.get(org.id) ?? 0 }),
        }));
      },
    }),
    route({
      method: "GET",
      path: "/orgs/me",
      action: actions.readOrgs,
      tag,
      operationId: "getMyOrg",
      summary: "Get the organization whose key this is",
      description: "For programs that have a key and want to know whose it is.",
      responses: {
        200: { description: "The organization", schema: wireMyOrg },
        404: { description: "The key is the admin's, which belongs to no organization" },
      },
      handler: async ({ caller, request }) => {
        const orgId = orgOf(caller);
        if (orgId === undefined) throw new Problem(404, "The admin key belongs to no organization");
        const wire = toWireOrg(await orgs.get(orgId, caller, actions.readOrgs), await balanceOf(orgId));
        const side = await orgs.sideOfRotation(orgId, shownKeyHash(request)!);
        return side ? { ...wire, pending_rotation: { this_key: side } } : wire;
      },
    }),
    route({
      method: "GET",
      path: "/orgs/{id}",
      action: actions.readOrgs,
      tag,
      operationId: "getOrg",
      summary: "Get an organization",
      description: "Its name, limits, tier, and what is in its wallet.",
      params: idParams,
      responses: { 200: { description: "The organization", schema: wireOrg }, ...orgRefusals },
      handler: async ({ params, caller }) =>
        toWireOrg(await orgs.get(params.id, caller, actions.readOrgs), await balanceOf(params.id)),
    }),
    route({
      method: "PUT",
      path: "/orgs/{id}",
      action: actions.writeOrgs,
      tag,
      operationId: "updateOrg",
      summary: "Change an organization",
      description:
        "Absent and null fields stay as they are. With self-service off, an owner may not raise its own limits, cost or tier.",
      params: idParams,
      body: orgUpdate,
      bodyExample: { billing_alert_threshold: 100, rate_limit: 50, rate_burst: 100 },
      responses: {
        200: { description: "The organization as it is now", schema: wireOrg },
        ...orgRefusals,
        ...conflict,
      },
      handler: async ({ params, body, caller, request }) =>
        toWireOrg(await orgs.update(params.id, body, byCaller(caller, request)), await balanceOf(params.id)),
    }),
    route({
      method: "DELETE",
      path: "/orgs/{id}",
      action: actions.manageOrgs,
      tag,
      operationId: "deleteOrg",
      summary: "Delete an organization",
      description: "Its keys are dead on every node within a second.",
      params: idParams,
      query: z.object({
        force: z
          .stringbool()
          .meta({ enum: ["true", "false"] })
          .prefault("false")
          .describe("Writes off what is in the wallet"),
      }),
      responses: {
        204: { description: "Gone; its agents stay, without an owner" },
        ...orgRefusals,
        409: { description: "There is money in its wallet, or a call under way holds some" },
      },
      handler: async ({ params, query, caller, request }) => {
        const by = byCaller(caller, request);
        await orgs.get(params.id, caller, actions.manageOrgs);
        await closeWallet(params.id, query.force, by);
        await orgs.remove(params.id, by);
        await onDeleted(params.id);
      },
    }),
    route({
      method: "GET",
      path: "/orgs/{id}/agents",
      action: actions.inspectAgents,
      tag,
      operationId: "listOrgAgents",
      summary: "List an organization's agents, newest first",
      description: PAGED,
      params: idParams,
      query: z.object({
        q: text().max(255).optional().describe("Part of the name, any case; of the newest ten thousand"),
        record: z.enum(["0", "1"]).default("0").describe("`1`: with how each does, some minutes old"),
        ...paging({ default: 100, max: LIST_MAX }),
        after: agentAfter,
      }),
      responses: { 200: { description: "Agents", schema: z.array(wireListedAgent) }, ...orgRefusals },
      handler: async ({ params, query, caller, request, reply }) => {
        const org = await orgs.get(params.id, caller, actions.inspectAgents);
        const { agents: page, next } = await agents.ofOrg(org.id, caller, query);
        if (next !== undefined) linkNext(request, reply, { after: next, offset: undefined });
        const records = query.record === "1" ? await agents.records(page.map(({ id }) => id)) : undefined;
        return page.map((agent) => toWireListed(agent, caller, records?.get(agent.id)));
      },
    }),
    route({
      method: "POST",
      path: "/orgs/{id}/rotate-key",
      action: actions.rotateOwnKey,
      tag,
      operationId: "rotateKey",
      summary: "Mint a new key; both work until the rotation is confirmed",
      description: "A second rotation before the first is confirmed ends the key that the first had minted.",
      params: idParams,
      responses: {
        200: {
          description: "The new key, shown this once",
          schema: wireRotation,
        },
        ...orgRefusals,
      },
      handler: async ({ params, caller, request }) => {
        const { key, replaced } = await orgs.rotateKey(params.id, byCaller(caller, request));
        return { new_api_key: key, status: "pending_confirmation", ...(replaced && { ended_pending_key: true }) };
      },
    }),
    route({
      method: "POST",
      path: "/orgs/{id}/confirm-rotation",
      action: actions.rotateOwnKey,
      tag,
      operationId: "confirmRotation",
      summary: "End the old key",
      description:
        "The key that was minted last is the only one from then on. Call it with that one: who still uses the old key has none afterwards.",
      params: idParams,
      responses: {
        200: {
          description: "The old key is dead on every node within a second",
          schema: wireConfirmation,
        },
        400: { description: "No rotation is pending" },
        ...orgRefusals,
      },
      handler: async ({ params, caller, request }) => {
        await orgs.confirmRotation(params.id, byCaller(caller, request));
        return { status: "rotation_confirmed" };
      },
    }),
  ];
}
