import { z } from "zod";
import { actions } from "../access/index.ts";
import { linkNext, paging, type RouteDefinition, route } from "../http/index.ts";
import { agentAfter } from "./agent-list.ts";
import type { AgentSearch } from "./search.ts";
import { pricedSkills } from "./skills/prices.ts";

const AGENTS_MAX = 1000;

/** What the operations are grouped as by which others find this gateway. */
export const discoveryTag = { name: "Discovery", description: "Find this gateway, and what answers behind it" };

const document = z
  .object({
    name: z.string(),
    description: z.string(),
    url: z.string(),
    version: z.string(),
    capabilities: z.record(z.string(), z.boolean()),
    defaultInputModes: z.array(z.string()),
    defaultOutputModes: z.array(z.string()),
    skills: z.array(z.unknown()),
    agents: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        url: z.string(),
        version: z.string(),
        skills: z.array(z.record(z.string(), z.unknown())),
      }),
    ),
  })
  .meta({ id: "Discovery" });

/** The gateway's own discovery document (contract section 10): who it is and which agents, newest first, answer behind it. */
export function discoveryRoutes(search: AgentSearch, gateway: { url(): string; version: string }): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/.well-known/agent.json",
      action: actions.readDirectory,
      tag: discoveryTag,
      operationId: "getDiscovery",
      summary: "Discover the gateway and its agents",
      description: 'Of many agents, a page; `Link` with `rel="next"` says where they go on.',
      query: z.object({ limit: paging({ default: 100, max: AGENTS_MAX, min: 0 }).limit, after: agentAfter }),
      responses: { 200: { description: "The gateway, and its agents", schema: document } },
      handler: async ({ query, caller, request, reply }) => {
        const { agents, next } = await search.list({ ...query, offset: 0 }, caller);
        if (next !== undefined) linkNext(request, reply, { after: next });
        return {
          name: "AgentGate",
          description: "Gateway to deploy, connect and monetize AI agents",
          url: gateway.url(),
          version: gateway.version,
          capabilities: { streaming: true, pushNotifications: false },
          defaultInputModes: ["text/plain", "application/json"],
          defaultOutputModes: ["text/plain", "application/json"],
          skills: [],
          agents: agents.map((agent) => ({
            name: agent.name,
            description: agent.description,
            url: `${gateway.url()}/agents/${agent.id}`,
            version: agent.version,
            skills: pricedSkills(agent),
          })),
        };
      },
    }),
  ];
}
