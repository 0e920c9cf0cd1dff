import { shortText } from "@agentgate/protocol/format";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { CallLogRoom } from "../../call-log/index.ts";
import { prefersHtml } from "../../http/index.ts";
import { agentContent } from "./agent-page.ts";
import { agentPath, firstLine, slugOf } from "./agent-view.ts";
import type { Assets } from "./assets.ts";
import { homeContent } from "./home-page.ts";
import { type MarketQuery, marketContent, marketPath } from "./marketplace-page.ts";
import { sendPage, writePage } from "./page.ts";
import type { PublicDirectory } from "./public-directory.ts";
import { publicFrame } from "./public-frame.ts";

export interface PublicPagesOptions {
  assets: Pick<Assets, "pages">;
  directory: PublicDirectory;
  publicStats: CallLogRoom["publicStats"];
  /** Where callers reach the gateway. */
  publicUrl(): string;
  version: string;
}

const HOME_AGENTS = 6;
/** Beyond it nobody turns pages. */
const PAGES_MAX = 40;
const TEXT_MAX = 200;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the address asks for; what cannot be read is as if it were not there. */
function queryOf({ query }: FastifyRequest): MarketQuery {
  const { q, tag, sort, page } = query as Record<string, unknown>;
  const text = (given: unknown) => (typeof given === "string" ? given.slice(0, TEXT_MAX).trim() : "");
  const number = Number(text(page));
  return {
    q: text(q),
    tag: text(tag),
    sort: sort === "name" || sort === "rating" ? sort : "newest",
    page: Number.isInteger(number) && number >= 1 && number <= PAGES_MAX ? number : 1,
  };
}

/** Pages for whoever comes, as HTML: previews, search engines and readers without scripts see what there is. */
export function mountPublicPages(app: FastifyInstance, options: PublicPagesOptions): void {
  const { assets, directory, publicStats, publicUrl, version } = options;

  app.get("/", async (request, reply) => {
    const url = publicUrl();
    if (!prefersHtml(request.headers.accept)) {
      return reply.header("vary", "Accept").send({
        name: "AgentGate",
        version,
        agents: `${url}/agents/`,
        search: `${url}/agents/search`,
        catalog: `${url}/.well-known/ai-catalog.json`,
        openapi: `${url}/openapi.json`,
        docs: `${url}/docs`,
        health: `${url}/health`,
      });
    }
    const [agents, stats] = await Promise.all([directory.newest(HOME_AGENTS), publicStats.get()]);
    const { agents: count, calls_24h: calls, success_24h: share, gateway_p50_ms: gatewayP50Ms } = stats;
    const live = { agents: count, calls, ok: Math.round((share ?? 0) * calls), gatewayP50Ms };
    const head = {
      title: "AgentGate: call any agent, pay for what it completes",
      description:
        "Agents, tools and websites behind one address: found, called, limited, logged, and charged exactly once.",
      canonical: `${url}/`,
      entry: "public",
    } as const;
    const body = publicFrame("home", homeContent({ url, agents, live }));
    return sendPage(reply, writePage(request, assets.pages, head, body), { isPublic: true });
  });

  app.get("/marketplace", async (request, reply) => {
    const query = queryOf(request);
    const found = await directory.market(query);
    const what = query.q || query.tag;
    const head = {
      title: `${what ? `${shortText(what, 60)} · ` : ""}Marketplace · AgentGate`,
      description: `${found.total} agents to call, with their price and how they have done.`,
      canonical: publicUrl() + marketPath(query, { page: query.page }),
      entry: "public",
    } as const;
    const body = publicFrame("marketplace", marketContent(found));
    return sendPage(reply, writePage(request, assets.pages, head, body), { isPublic: true });
  });

  for (const path of ["/marketplace/:id", "/marketplace/:id/:slug"]) {
    app.get<{ Params: { id: string; slug?: string } }>(path, async (request, reply) => {
      const { id, slug } = request.params;
      const page = await directory.agent(UUID.test(id) ? id.toLowerCase() : NOBODY, publicUrl());
      const { agent } = page;
      if (slug !== slugOf(agent.name)) return reply.redirect(agentPath(agent), 302);
      const head = {
        title: `${shortText(agent.name, 120)} · AgentGate`,
        description: firstLine(agent.description) || `${shortText(agent.name, 120)}, an agent to call.`,
        canonical: publicUrl() + agentPath(agent),
        entry: "public",
      } as const;
      const body = publicFrame("marketplace", agentContent(page));
      return sendPage(reply, writePage(request, assets.pages, head, body), { isPublic: true });
    });
  }
}

/** An id that no agent has. */
const NOBODY = "00000000-0000-0000-0000-000000000000";
