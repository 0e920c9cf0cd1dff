import { microDollarsToNumber } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { A2ARoom } from "../../a2a/index.ts";
import type { CallLogRoom } from "../../call-log/index.ts";
import { prefersHtml } from "../../http/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { Html } from "../html.ts";
import { type AgentPage, agentContent } from "./agent-page.ts";
import { agentPath, firstLine, slugOf } from "./agent-view.ts";
import type { Assets } from "./assets.ts";
import { cardContent } from "./card-page.ts";
import { Described } from "./described.ts";
import { homeContent } from "./home-page.ts";
import { KeptPages } from "./kept-pages.ts";
import { marketPath, readMarketQuery } from "./market-query.ts";
import { marketContent } from "./marketplace-page.ts";
import { type PageHead, type Theme, themeOf, writePage } from "./page.ts";
import type { PagePace } from "./page-pace.ts";
import type { PublicDirectory } from "./public-directory.ts";
import { type PublicPlace, publicFrame } from "./public-frame.ts";
import { sendPublicPage, WrittenPage } from "./send-page.ts";
import { statusContent } from "./status-page.ts";

export interface PublicPagesOptions {
  assets: Pick<Assets, "pages">;
  directory: PublicDirectory;
  pace: PagePace;
  publicStats: CallLogRoom["publicStats"];
  cardOf: A2ARoom["cardOf"];
  clock: Pick<Clock, "monotonic">;
  /** Calls whenever an agent is another than it was. */
  onAgentsChanged(listener: () => void): void;
  /** How often the gateway looks at each agent, in seconds; 0 for never. */
  pingSeconds: number;
  /** Where callers reach the gateway. */
  publicUrl(): string;
  version: string;
}

interface PublicPage {
  place: PublicPlace;
  head: Omit<PageHead, "entry">;
  content: Html;
}

const HOME_AGENTS = 6;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Pages for whoever comes, as HTML: previews, search engines and readers without scripts see what there is. */
export function mountPublicPages(app: FastifyInstance, options: PublicPagesOptions): void {
  const { assets, directory, pace, publicStats, publicUrl, version } = options;
  const described = new Described();
  const kept = new KeptPages(options.clock);
  options.onAgentsChanged(() => kept.changed());
  const write = (theme: Theme, { place, head, content }: PublicPage) =>
    writePage(theme, assets.pages, { ...head, entry: "public" }, publicFrame(place, content));
  const send = (request: FastifyRequest, reply: FastifyReply, page: PublicPage) =>
    sendPublicPage(reply, new WrittenPage(write(themeOf(request), page)));
  /** What costs more to find out than to show, written for all who ask for the same within some seconds. */
  const sendKept = async (
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    find: () => Promise<PublicPage>,
  ) => {
    const theme = themeOf(request);
    const url = publicUrl();
    const written = `${theme} ${url} ${name}`;
    const known = kept.find(written);
    // Each for himself: who is refused does not take others along who wait for the same page.
    if (!known) await pace.demand(request);
    return sendPublicPage(reply, known ?? (await kept.get(written, async () => write(theme, await find()))));
  };

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
    return sendKept(request, reply, "home", async () => {
      const [agents, stats] = await Promise.all([directory.newest(HOME_AGENTS), publicStats.get()]);
      const { agents: count, calls_24h: calls, success_24h: share, gateway_p50_ms: gatewayP50Ms } = stats;
      const live = { agents: count, calls, ok: Math.round((share ?? 0) * calls), gatewayP50Ms };
      const head = {
        title: "AgentGate: call any agent, pay for what it completes",
        description:
          "Agents, tools and websites behind one address: found, called, limited, logged, and charged exactly once.",
        canonical: `${url}/`,
      };
      return { place: "home", head, content: homeContent({ url, agents, live }) };
    });
  });

  app.get("/marketplace", async (request, reply) => {
    const query = readMarketQuery(request.query as Record<string, unknown>);
    const path = marketPath(query, { page: query.page });
    return sendKept(request, reply, path, async () => {
      const found = await directory.market(query);
      const what = query.q || query.tag;
      const head = {
        title: `${what ? `${shortText(what, 60)} · ` : ""}Marketplace · AgentGate`,
        description: `${found.total} agents to call, with their price and how they have done.`,
        // What somebody looked for is no page of its own.
        ...(query.q === "" && { canonical: publicUrl() + path }),
      };
      return { place: "marketplace", head, content: marketContent(found) };
    });
  });

  for (const path of ["/marketplace/:id", "/marketplace/:id/:slug"]) {
    app.get<{ Params: { id: string; slug?: string } }>(path, async (request, reply) => {
      await pace.demand(request);
      const { id, slug } = request.params;
      const gathered = await directory.agent(idOf(id), publicUrl());
      const { agent } = gathered;
      if (slug !== slugOf(agent.name)) return reply.redirect(agentPath(agent), 302);
      const name = shortText(agent.name, 120);
      const description = firstLine(agent.description) || `${name}, an agent to call.`;
      const canonical = publicUrl() + agentPath(agent);
      const head = {
        title: `${name} · AgentGate`,
        description,
        canonical,
        subject: subjectOf(gathered, { name, description, url: canonical }),
      };
      const page = { ...gathered, pingSeconds: options.pingSeconds };
      const content = agentContent(page, described.of(agent.description));
      return send(request, reply, { place: "marketplace", head, content });
    });
  }

  app.get<{ Params: { id: string; slug: string } }>("/marketplace/:id/:slug/card", async (request, reply) => {
    await pace.demand(request);
    const { id, slug } = request.params;
    const { agent, original } = await directory.upstreamCard(idOf(id));
    if (slug !== slugOf(agent.name)) return reply.redirect(`${agentPath(agent)}/card`, 302);
    const head = { title: `Card of ${shortText(agent.name, 120)} · AgentGate` };
    const content = cardContent({ agent, card: await options.cardOf(agent), original });
    return send(request, reply, { place: "marketplace", head, content });
  });

  app.get("/status", async (request, reply) => {
    const { page } = readMarketQuery(request.query as Record<string, unknown>);
    return sendKept(request, reply, `status ${page}`, async () => {
      const head = {
        title: "Status · AgentGate",
        description: "How the gateway and its agents have done in ninety days.",
        canonical: `${publicUrl()}/status`,
      };
      return { place: "status", head, content: statusContent(await directory.status(page)) };
    });
  });
}

/** An id that no agent has. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

const idOf = (given: string): string => (UUID.test(given) ? given.toLowerCase() : NOBODY);

/** An agent in the words of schema.org. */
const subjectOf = (
  { agent: { version, price, rating } }: Pick<AgentPage, "agent">,
  told: { name: string; description: string; url: string },
): Record<string, unknown> => ({
  "@type": "SoftwareApplication",
  applicationCategory: "AI agent",
  operatingSystem: "Any",
  ...told,
  softwareVersion: shortText(version, 20),
  offers: { "@type": "Offer", price: microDollarsToNumber(price), priceCurrency: "USD" },
  ...(rating.average !== null && {
    aggregateRating: {
      "@type": "AggregateRating",
      ratingValue: rating.average,
      ratingCount: rating.count,
      bestRating: 5,
    },
  }),
});
