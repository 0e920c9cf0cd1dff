import { directoryPath, directoryVersion } from "@agentgate/protocol/directory";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { linkNext, paging, type RouteDefinition, route } from "../http/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import type { Agent } from "./agent.ts";
import { agentAfter } from "./agent-list.ts";
import { discoveryTag as tag } from "./discovery.ts";
import type { AgentSearch } from "./search.ts";

const AGENTS_MAX = 1000;
const AI_CATALOG_VERSION = "0.9";
const AI_CATALOG = "application/ai-catalog+json";
const AGENT_CARD = "application/a2a-agent-card+json";
const LINKSET = "application/linkset+json";
const API_CATALOG_PATH = "/.well-known/api-catalog";
/** Of a link set that is an API catalog (RFC 9727, section 4.2). */
const API_CATALOG_PROFILE = "https://www.rfc-editor.org/info/rfc9727";

const wireCatalog = z
  .object({
    specVersion: z.literal(AI_CATALOG_VERSION),
    host: z.object({ displayName: z.string(), documentationUrl: z.string() }),
    entries: z.array(
      z
        .object({
          identifier: z.string(),
          displayName: z.string(),
          description: z.string(),
          type: z.string().describe("Media type of what the URL leads to"),
          mediaType: z.string().describe("The same, as drafts before 0.9 call it"),
          url: z.string(),
          version: z.string(),
          tags: z.array(z.string()),
          updatedAt: z.iso.datetime().optional(),
        })
        .meta({ id: "AiCatalogEntry" }),
    ),
  })
  .meta({ id: "AiCatalog" });
const wireLinks = z.array(z.object({ href: z.string(), type: z.string().optional() }));
const wireLinkset = z
  .object({
    linkset: z.array(
      z
        .object({
          anchor: z.string(),
          "service-desc": wireLinks,
          "service-doc": wireLinks.optional(),
          "service-meta": wireLinks.optional(),
          status: wireLinks.optional(),
        })
        .meta({ id: "LinksetContext" }),
    ),
  })
  .meta({ id: "ApiCatalog" });

const query = z.object({ limit: paging({ default: 100, max: AGENTS_MAX, min: 0 }).limit, after: agentAfter });
const PAGED = 'Of many agents, a page; `Link` with `rel="next"` says where they go on.';

/** Documents by which others find what answers here: the AI Catalog and the API catalog of RFC 9727. */
export function catalogRoutes(search: AgentSearch, gateway: { url(): string }): RouteDefinition[] {
  const common = { method: "GET", action: actions.readDirectory, tag, query } as const;
  return [
    route({
      ...common,
      path: "/.well-known/ai-catalog.json",
      operationId: "getAiCatalog",
      summary: "List the agents as an AI Catalog",
      description: `Each entry leads to an agent's A2A card (https://ai-catalog.io); the last of the first page to the directory of sites. ${PAGED}`,
      responses: { 200: { description: "The agents, newest first", schema: wireCatalog, contentType: AI_CATALOG } },
      handler: async ({ query, caller, request, reply }) => {
        const { agents, next } = await search.list({ ...query, offset: 0 }, caller);
        if (next !== undefined) linkNext(request, reply, { after: next });
        reply.header("content-type", AI_CATALOG);
        const url = gateway.url();
        const catalog = {
          specVersion: AI_CATALOG_VERSION,
          host: { displayName: "AgentGate", documentationUrl: `${url}/docs` },
          entries: [
            ...agents.map((agent) => entryOf(agent, url)),
            ...(query.after === undefined ? [directoryOf(url)] : []),
          ],
        };
        return encoded(catalog);
      },
    }),
    route({
      ...common,
      path: API_CATALOG_PATH,
      operationId: "getApiCatalog",
      summary: "List the APIs behind this address",
      description: `A link set (RFC 9264) as RFC 9727 has it: the gateway's own API first, then the agents, each with its card. ${PAGED}`,
      responses: { 200: { description: "The APIs", schema: wireLinkset, contentType: LINKSET } },
      handler: async ({ query, caller, request, reply }) => {
        const { agents, next } = await search.list({ ...query, offset: 0 }, caller);
        if (next !== undefined) linkNext(request, reply, { after: next });
        const url = gateway.url();
        const own = `<${url}${API_CATALOG_PATH}>; rel="api-catalog"`;
        const link = reply.getHeader("link");
        reply.header("link", link === undefined ? own : `${link}, ${own}`);
        reply.header("content-type", `${LINKSET}; profile="${API_CATALOG_PROFILE}"`);
        const linkset = [
          ...(query.after === undefined ? [gatewayLinks(url)] : []),
          ...agents.map((a) => linksOf(a, url)),
        ];
        return encoded({ linkset });
      },
    }),
  ];
}

/** As bytes: to a text, a charset would be added, which these types have not. */
const encoded = (document: object) => Buffer.from(JSON.stringify(document));

const entryOf = ({ id, name, description, version, tags, updatedAt }: Agent, url: string) => ({
  identifier: `urn:air:${new URL(url).hostname}:agents/${id}:a2a`,
  displayName: name,
  description,
  type: AGENT_CARD,
  mediaType: AGENT_CARD,
  url: `${url}/agents/${id}/card`,
  version,
  tags,
  updatedAt: renderTimestamp(updatedAt),
});

/** The directory of sites that are registered here. */
const directoryOf = (url: string) => ({
  identifier: `urn:air:${new URL(url).hostname}:agentgate.json`,
  displayName: "Directory of agent-native sites",
  description: "Websites that agents can call, and what each can do",
  type: "application/json",
  mediaType: "application/json",
  url: `${url}${directoryPath}`,
  version: directoryVersion,
  tags: ["directory"],
});

const linksOf = ({ id }: Agent, url: string) => ({
  anchor: `${url}/agents/${id}`,
  "service-desc": [{ href: `${url}/agents/${id}/card`, type: AGENT_CARD }],
  status: [{ href: `${url}/agents/${id}/health`, type: "application/json" }],
});

const gatewayLinks = (url: string) => ({
  anchor: `${url}/`,
  "service-desc": [{ href: `${url}/openapi.json`, type: "application/json" }],
  "service-doc": [{ href: `${url}/docs`, type: "text/html" }],
  "service-meta": [
    { href: `${url}/.well-known/ai-catalog.json`, type: AI_CATALOG },
    { href: `${url}/.well-known/ucp`, type: "application/json" },
  ],
  status: [{ href: `${url}/health`, type: "application/json" }],
});
