import { z } from "zod";
import { actions } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { afterParameter, idParams, linkNext, paging, type RouteDefinition, route } from "../http/index.ts";
import { toWireChain } from "./chain.ts";
import { chainCreation, chainUpdate, wireChain } from "./fields.ts";
import type { ChainRegistry } from "./registry.ts";
import { CHAIN_PLACE } from "./store.ts";

const LIST_MAX = 1000;

/** What the operations on chains are grouped as. */
export const chainsTag = { name: "Chains", description: "Have agents work one after the other" };

const example = {
  name: "translate-and-shorten",
  steps: [
    { agent_id: "11111111-1111-4111-8111-111111111111", input_template: "Translate: {input}" },
    { agent_id: "22222222-2222-4222-8222-222222222222", input_template: "Shorten: {previous}" },
  ],
};

/** How the routes of one chain refuse a caller, for the documentation. */
export const chainRefusals = {
  403: { description: "The chain belongs to somebody else" },
  404: { description: "No such chain" },
};
const missingAgent = { 404: { description: "No such chain, or a step's agent does not exist" } };

/** Chains (contract section 7); running them has routes of its own. */
export function chainRoutes(chains: ChainRegistry): RouteDefinition[] {
  const common = { tag: chainsTag } as const;
  return [
    route({
      ...common,
      method: "POST",
      path: "/chains/",
      action: actions.writeChains,
      operationId: "createChain",
      summary: "Create a chain of agents",
      description:
        "Its steps are taken in their order, each with what the one before said. The chain belongs to the organization whose key makes it.",
      body: chainCreation,
      bodyExample: example,
      responses: {
        201: { description: "The chain", schema: wireChain },
        403: { description: "The organization has all the chains it may have" },
        404: { description: "A step's agent, or the organization, does not exist" },
      },
      handler: async ({ body, caller, request }) => toWireChain(await chains.create(body, byCaller(caller, request))),
    }),
    route({
      ...common,
      method: "GET",
      path: "/chains/",
      action: actions.readChains,
      operationId: "listChains",
      summary: "List chains, newest first",
      description:
        "An organization's own; to the admin, everybody's. `Link` with `rel=\"next\"` says where the list goes on.",
      query: z.object({ limit: paging({ default: 100, max: LIST_MAX }).limit, after: afterParameter(CHAIN_PLACE) }),
      responses: { 200: { description: "Chains", schema: z.array(wireChain) } },
      handler: async ({ query, caller, request, reply }) => {
        const { chains: page, next } = await chains.list(query, caller);
        if (next !== undefined) linkNext(request, reply, { after: next });
        return page.map(toWireChain);
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/chains/{id}",
      action: actions.readChains,
      operationId: "getChain",
      summary: "Get a chain",
      description: "The keys of its steps do not come out: only whether a step has one is told.",
      params: idParams,
      responses: { 200: { description: "The chain", schema: wireChain }, ...chainRefusals },
      handler: async ({ params, caller }) => toWireChain(await chains.get(params.id, caller)),
    }),
    route({
      ...common,
      method: "PUT",
      path: "/chains/{id}",
      action: actions.writeChains,
      operationId: "updateChain",
      summary: "Change a chain",
      description:
        "Absent and null fields stay as they are; `steps` takes the place of all steps. Runs under way go on as they began.",
      params: idParams,
      body: chainUpdate,
      bodyExample: { description: "Translates, then shortens" },
      responses: {
        200: { description: "The chain as it is now", schema: wireChain },
        ...chainRefusals,
        ...missingAgent,
      },
      handler: async ({ params, body, caller, request }) =>
        toWireChain(await chains.update(params.id, body, byCaller(caller, request))),
    }),
    route({
      ...common,
      method: "DELETE",
      path: "/chains/{id}",
      action: actions.writeChains,
      operationId: "deleteChain",
      summary: "Delete a chain",
      description: "Its agents stay; runs under way go on.",
      params: idParams,
      responses: { 204: { description: "Gone" }, ...chainRefusals },
      handler: async ({ params, caller, request }) => chains.remove(params.id, byCaller(caller, request)),
    }),
  ];
}
