import { z } from "zod";
import { actions } from "../../access/index.ts";
import { byCaller } from "../../audit/index.ts";
import { idParams, type RouteDefinition, route, text, uuid } from "../../http/index.ts";
import { type OrgRegistry, orgRefusals } from "../../orgs/index.ts";
import { mcpTag } from "../docs.ts";
import { AGENTS_MAX, ALL_NAMES_MAX, NAMES_MAX, type Toolset, type Toolsets } from "./toolsets.ts";

const entry = z.object({
  agent: uuid().describe("An agent that the organization sees"),
  tools: z
    .array(text().min(1).max(64))
    .max(NAMES_MAX)
    .nullable()
    .default(null)
    .describe("Names at the agent's own address; null for all of its tools"),
});
const entries = z
  .array(entry)
  .max(AGENTS_MAX)
  .refine((all) => new Set(all.map(({ agent }) => agent)).size === all.length, { error: "Name each agent once" })
  .refine((all) => all.reduce((sum, { tools }) => sum + (tools?.length ?? 0), 0) <= ALL_NAMES_MAX, {
    error: `Name ${ALL_NAMES_MAX} tools at most; of an agent whose tools are all wanted, none`,
  })
  .meta({ id: "Toolset", description: "Whose tools are listed at `/mcp`" });

const wireToolset = z
  .object({ toolset: z.array(z.object({ agent: z.string(), tools: z.array(z.string()).nullable() })).nullable() })
  .meta({
    id: "OrgToolset",
    description: "`toolset` is null where the organization has said nothing: its own agents are listed",
  });

const toWire = (toolset: Toolset | undefined) => ({
  toolset: toolset?.entries.map(({ agentId, names }) => ({ agent: agentId, tools: names ?? null })) ?? null,
});

export interface ToolsetRoutesOptions {
  toolsets: Toolsets;
  orgs: Pick<OrgRegistry, "get">;
}

/** What organizations say of the tools that they list. */
export function toolsetRoutes({ toolsets, orgs }: ToolsetRoutesOptions): RouteDefinition[] {
  const common = { tag: mcpTag, path: "/orgs/{id}/toolset", params: idParams } as const;
  return [
    route({
      ...common,
      method: "GET",
      action: actions.readToolsets,
      operationId: "getToolset",
      summary: "Get which tools an organization lists",
      description: "Whoever calls `/mcp` with a key of the organization's is listed these.",
      responses: { 200: { description: "The toolset", schema: wireToolset }, ...orgRefusals },
      handler: async ({ params: { id }, caller }) => {
        await orgs.get(id, caller, actions.readToolsets);
        return toWire(await toolsets.of(id));
      },
    }),
    route({
      ...common,
      method: "PUT",
      action: actions.writeToolsets,
      operationId: "updateToolset",
      summary: "Set which tools an organization lists",
      description:
        "Agents of others may be among them. Of an agent whose tools are named, these stay listed also where a toolset grows beyond what is listed at once.",
      body: entries,
      bodyExample: [{ agent: "11111111-1111-4111-8111-111111111111", tools: ["find-flight"] }],
      responses: {
        200: { description: "The toolset", schema: wireToolset },
        ...orgRefusals,
        404: { description: "No such organization, or an agent that it does not see" },
      },
      handler: async ({ params: { id }, body, caller, request }) => {
        await orgs.get(id, caller, actions.writeToolsets);
        const given = body.map(({ agent, tools }) => ({ agentId: agent, names: tools ?? undefined }));
        return toWire(await toolsets.put(id, given, byCaller(caller, request)));
      },
    }),
    route({
      ...common,
      method: "DELETE",
      action: actions.writeToolsets,
      operationId: "deleteToolset",
      summary: "List an organization's own agents again",
      description:
        "From now on the tools of all agents that are the organization's own are listed, as before it said which. Also where it never did.",
      responses: { 204: { description: "Its own agents are listed" }, ...orgRefusals },
      handler: async ({ params: { id }, caller, request }) => {
        await orgs.get(id, caller, actions.writeToolsets);
        await toolsets.reset(id, byCaller(caller, request));
      },
    }),
  ];
}
