import { z } from "zod";
import { actions, scopeOf } from "../access/index.ts";
import { type RouteDefinition, route, text } from "../http/index.ts";
import { agentProtocols } from "./agent.ts";
import { cardFields } from "./cards.ts";
import { recordLimits, agentsTag as tag } from "./fields.ts";
import { fitText } from "./fit.ts";
import { siteFields } from "./manifests/site-fields.ts";
import { skillOfTool } from "./mcp/mcp-intake.ts";
import { recordedTools } from "./mcp/mcp-tools.ts";
import type { AgentPreview, AgentPreviews } from "./preview.ts";

const previewed = z
  .object({
    url: text()
      .min(1)
      .max(recordLimits.url)
      .describe("Of an agent, an agent card, an MCP server, or a website with a manifest"),
  })
  .meta({ id: "AgentToPreview" });

const wirePreview = z
  .object({
    protocol: z.enum(agentProtocols).nullable().describe("What it speaks; null where nobody answers"),
    card_url: z.string().nullable().describe("Where its card was found"),
    registration: z
      .object({
        url: z.string().optional(),
        card_url: z.string().optional(),
        protocol: z.enum(agentProtocols).optional(),
      })
      .describe("What `POST /agents/` takes to register it; of an agent of the plain contract a `name` as well"),
    name: z.string().describe("As its card, manifest or server has it; otherwise made of its address"),
    description: z.string(),
    version: z.string(),
    skills: z.array(z.record(z.string(), z.unknown())),
    interfaces: z.array(z.object({ url: z.string(), binding: z.string(), version: z.string() })),
    streaming: z.boolean(),
    push_notifications: z.boolean(),
    card: z.record(z.string(), z.unknown()).nullable().describe("As it was served"),
    findings: z.array(
      z.object({
        code: z.string(),
        severity: z
          .enum(["info", "warning", "error"])
          .describe("An error keeps it from being registered, or from answering"),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: "AgentPreview" });

/** What a registration would find, before there is one. */
export function previewRoutes(previews: AgentPreviews): RouteDefinition[] {
  return [
    route({
      method: "POST",
      path: "/agents/preview",
      action: actions.writeAgents,
      tag,
      operationId: "previewAgent",
      summary: "Look at an agent before it is registered",
      description:
        "Whether somebody answers at this address, what it speaks, and what its card or manifest says; with what would be refused, and what callers would " +
        "miss. The gateway asks as it does at a registration, for half a minute at most, and keeps nothing.",
      body: previewed,
      bodyExample: { url: "https://example.com/my-agent" },
      responses: {
        200: { description: "What lives there", schema: wirePreview },
        400: { description: "The URL is malformed or leads to a refused address" },
        429: { description: "Too many looks; see Retry-After" },
      },
      handler: async ({ body, caller }) => toWire(body.url, await previews.look(body.url, scopeOf(caller))),
    }),
  ];
}

const toWire = (url: string, { protocol, found, site, server, findings }: AgentPreview) => {
  const told = found ? cardFields(found.card) : site ? siteFields(site) : server && serverFields(server);
  return {
    protocol: protocol ?? null,
    card_url: found?.url ?? null,
    registration: found
      ? { card_url: found.url }
      : site
        ? { url: site.url, protocol: "site" as const }
        : server
          ? { url, protocol: "mcp" as const }
          : { url },
    name: told?.name || nameOf(url),
    description: told?.description ?? "",
    version: told?.version || "1.0.0",
    skills: told?.skills ?? [],
    interfaces: (found?.card.interfaces ?? []).map(({ url, binding, version }) => ({ url, binding, version })),
    streaming: found?.card.capabilities.streaming ?? site?.tools.some(({ streaming }) => streaming) ?? false,
    push_notifications: found?.card.capabilities.pushNotifications ?? false,
    card: found ? (JSON.parse(found.original) as Record<string, unknown>) : null,
    findings,
  };
};

/** What a registration would say of an MCP server. */
const serverFields = ({ verdict: { info }, list }: NonNullable<AgentPreview["server"]>) => ({
  name: fitText(info.title ?? info.name, recordLimits.name),
  version: fitText(info.version, recordLimits.version),
  description: "",
  skills: recordedTools((list?.tools ?? []).map(skillOfTool)),
});

/** The last part of the path, or the host. */
function nameOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  const last = pathname.split("/").filter(Boolean).at(-1) ?? hostname;
  return last.slice(0, recordLimits.name);
}
