import { type CardFormat, majorMinor } from "@agentgate/protocol/a2a";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, isPublic } from "../access/index.ts";
import { type AgentCards, type AgentRegistry, isSameToAll } from "../agents/index.ts";
import { idParams, notFound, type Principal, Problem, type RouteDefinition, route } from "../http/index.ts";
import type { CardPages } from "./card-pages.ts";
import type { CardSigner } from "./card-signer.ts";
import { a2aTag, agentCard as card } from "./documented.ts";
import { versionIn } from "./faces/version.ts";

export interface CardRoutesOptions {
  agents: AgentRegistry;
  cards: AgentCards;
  pages: CardPages;
  signer: CardSigner;
  /** Whose card stands at the root of the host; undefined where none does. */
  rootAgentId: string | undefined;
  /** For clients that name no version. */
  cardFormat: CardFormat;
}

/** Of a card that is the same to all. */
const SHARED = "public, max-age=60";

/** Who asks for a card, and how. */
interface Asked {
  caller: Principal | undefined;
  request: FastifyRequest;
  reply: FastifyReply;
}

const jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).meta({ id: "JsonWebKeySet" });
const WELL_KNOWN = "/.well-known/agent-card.json";
/** Until 0.2.6; readers of this address know no 1.0 card. */
const WELL_KNOWN_OLD = "/.well-known/agent.json";

/** Agents' cards, and the key that they are signed with. */
export function cardRoutes({
  agents,
  cards,
  pages,
  signer,
  rootAgentId,
  cardFormat,
}: CardRoutesOptions): RouteDefinition[] {
  const answer = async (id: string, format: CardFormat, { caller, request, reply }: Asked) => {
    const agent = await agents.get(id, caller);
    const { body, etag, lastModified } = await pages.page(agent, format);
    reply.headers({
      "content-type": "application/json",
      ...(isSameToAll(agent) && { "cache-control": SHARED }),
      "last-modified": lastModified,
      vary: "A2A-Version, Origin, Authorization, Cookie",
      etag,
    });
    if (!isFresh(request, etag, lastModified)) return body;
    reply.code(304).removeHeader("content-type");
    return reply.send();
  };
  const common = { method: "GET", action: actions.readDirectory, tag: a2aTag } as const;
  const responses = {
    200: { description: "The card", schema: card },
    304: { description: "The card is the one that the caller has" },
    404: { description: "No such agent" },
  };
  const paths = {
    getAgentCard: "/agents/{id}/card",
    getWellKnownAgentCard: `/agents/{id}${WELL_KNOWN}`,
    getOldAgentCard: `/agents/{id}${WELL_KNOWN_OLD}`,
  };
  const byPath = Object.entries(paths).map(([operationId, path]) =>
    route({
      ...common,
      path,
      operationId,
      summary: "Get an agent's A2A card",
      description:
        "The gateway's card for the agent: version 1.0 or 0.3 as `A2A-Version` asks, else one that both understand. Signed with " +
        "the key in `/.well-known/jwks.json`.",
      params: idParams,
      responses,
      handler: ({ params, ...asked }) => answer(params.id, formatFor(path, asked.request, cardFormat), asked),
    }),
  );
  const noRoot = route({
    ...common,
    action: actions.readDocuments,
    path: WELL_KNOWN,
    operationId: "getRootAgentCard",
    summary: "Look for an agent at the root of the host",
    description: "There is none, unless `AGENTGATE_ROOT_AGENT` names one.",
    responses: { 404: { description: "Where the agents' cards are" } },
    handler() {
      const where = `each agent's card is at /agents/{id}${WELL_KNOWN}, and ${WELL_KNOWN_OLD} lists the agents`;
      throw new Problem(404, `No agent stands at the root of this host: ${where}`);
    },
  });
  const rootPaths = { getRootAgentCard: WELL_KNOWN, getOldRootAgentCard: WELL_KNOWN_OLD };
  const ofRoot = (id: string) =>
    Object.entries(rootPaths).map(([operationId, path]) =>
      route({
        ...common,
        path,
        operationId,
        summary: "Get the root agent's A2A card",
        description: "For clients that look for an agent at the root of a host.",
        responses,
        handler: (asked) => answer(id, formatFor(path, asked.request, cardFormat), asked),
      }),
    );
  return [
    ...byPath,
    ...(rootAgentId === undefined ? [noRoot] : ofRoot(rootAgentId)),
    route({
      ...common,
      path: "/agents/{id}/upstream-card.json",
      operationId: "getUpstreamAgentCard",
      summary: "Get the card that the agent itself publishes, verbatim",
      description: "With the agent's own addresses and signatures, which do not lead through the gateway.",
      params: idParams,
      responses: {
        200: { description: "The agent's own card as it was last fetched", schema: card },
        404: responses[404],
      },
      handler: async ({ params, caller, reply }) => {
        const agent = await agents.get(params.id, caller);
        const stored = await cards.find(agent.id);
        if (!stored) throw notFound("Agent card");
        reply.headers({ "content-type": "application/json", ...(isPublic(agent) && { "cache-control": SHARED }) });
        return stored.original;
      },
    }),
    route({
      ...common,
      action: actions.readDocuments,
      path: "/.well-known/jwks.json",
      operationId: "getCardSigningKeys",
      summary: "Get the key that cards are signed with",
      description: "For whoever verifies the signatures of the gateway's cards.",
      responses: { 200: { description: "A JSON Web Key Set", schema: jwks } },
      handler: async ({ reply }) => {
        reply.header("cache-control", "public, max-age=300");
        return signer.jwks();
      },
    }),
  ];
}

function formatFor(path: string, request: FastifyRequest, otherwise: CardFormat): CardFormat {
  if (path.endsWith(WELL_KNOWN_OLD)) return "0.3";
  const asked = majorMinor(versionIn(request) ?? "");
  if (asked === "1.0") return "1.0";
  return asked === "0.3" ? "0.3" : otherwise;
}

/** RFC 9110, section 13.2.2: `If-None-Match` counts where there is one. */
function isFresh({ headers }: FastifyRequest, etag: string, lastModified: string): boolean {
  const given = headers["if-none-match"];
  if (given !== undefined)
    return given === "*" || given.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return Number.isFinite(since) && Date.parse(lastModified) <= since;
}
