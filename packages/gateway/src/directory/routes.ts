import { hash } from "node:crypto";
import { directoryPath, directorySchema, directorySchemaPath, directoryVersion } from "@agentgate/protocol/directory";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { discoveryTag as tag } from "../agents/index.ts";
import { afterParameter, linkNext, paging, type RouteDefinition, route } from "../http/index.ts";
import type { ListedSites } from "./listed-sites.ts";

const SITES_MAX = 500;
const CACHED = "public, max-age=60";
const SCHEMA_TYPE = "application/schema+json";

const wireSite = z
  .object({
    url: z.string().describe("Where the site is discovered"),
    name: z.string(),
    description: z.string(),
    version: z.string().optional(),
    agent_api_version: z.string(),
    manifest_url: z.string(),
    manifest_digest: z.string().describe("`sha256:` and 64 hexadecimal digits"),
    auth: z.enum(["api_key", "bearer", "none"]),
    intents: z.array(z.record(z.string(), z.unknown())),
    flows: z.array(z.record(z.string(), z.unknown())),
    tags: z.array(z.string()).optional(),
    checked_at: z.iso.datetime().describe("When its manifest was last seen"),
    gateway: z.object({ agent_id: z.uuid(), task_url: z.string(), card_url: z.string() }).optional(),
  })
  .meta({ id: "DirectorySite" });
const wireDirectory = z
  .object({
    $schema: z.string(),
    directory_version: z.literal(directoryVersion),
    name: z.string(),
    updated_at: z.iso.datetime().nullable(),
    sites: z.array(wireSite),
    next: z.string().nullable().describe("Address of the next page"),
  })
  .meta({ id: "SiteDirectory" });

const query = z.object({
  limit: paging({ default: 100, max: SITES_MAX }).limit,
  after: afterParameter(/^[0-9a-f-]{36}$/),
});
const fresh = { 304: { description: "It is the one that the caller has" } };

/** The directory of sites, and the schema of its format. */
export function directoryRoutes(listed: ListedSites): RouteDefinition[] {
  const common = { method: "GET", action: actions.readDirectory, tag } as const;
  return [
    route({
      ...common,
      path: directoryPath,
      operationId: "getSiteDirectory",
      summary: "List the sites that agents can call",
      description:
        "Websites that are registered here and that everybody may see, with what each can do. A page; `next`, and `Link`, say where it goes on. " +
        "The format is that of `agentgate.json`: anybody can publish one.",
      query,
      responses: { 200: { description: "The sites, in the order of their ids", schema: wireDirectory }, ...fresh },
      handler: async ({ query, request, reply }) => {
        const { sites, next } = await listed.page(query);
        const parameters = new URLSearchParams({ limit: `${query.limit}`, after: next ?? "" });
        if (next !== undefined) linkNext(request, reply, { after: next });
        const times = sites.map(({ checked_at }) => checked_at).sort();
        const document = {
          $schema: directorySchemaPath,
          directory_version: directoryVersion,
          name: "AgentGate",
          updated_at: times.at(-1) ?? null,
          sites,
          next: next === undefined ? null : `${directoryPath}?${parameters}`,
        };
        return answer(JSON.stringify(document), "application/json", request, reply);
      },
    }),
    route({
      ...common,
      path: directorySchemaPath,
      operationId: "getSiteDirectorySchema",
      summary: "Get the format of directories of sites",
      description: "The JSON Schema (2020-12) of `agentgate.json`.",
      responses: {
        200: { description: "The schema", schema: z.record(z.string(), z.unknown()), contentType: SCHEMA_TYPE },
        ...fresh,
      },
      handler: async ({ request, reply }) => answer(JSON.stringify(directorySchema), SCHEMA_TYPE, request, reply),
    }),
  ];
}

/** Whoever has it already is told so. */
function answer(text: string, contentType: string, request: FastifyRequest, reply: FastifyReply) {
  const etag = `"${hash("sha256", text, "base64url").slice(0, 27)}"`;
  reply.headers({ etag, "cache-control": CACHED });
  const known = request.headers["if-none-match"];
  if (known === "*" || known?.split(",").some((one) => one.trim().replace(/^W\//, "") === etag))
    return reply.code(304).send();
  reply.header("content-type", contentType);
  // As bytes: to a text, a charset would be added, which these types have not.
  return reply.send(Buffer.from(text));
}
