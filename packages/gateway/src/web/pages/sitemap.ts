import type { FastifyInstance } from "fastify";
import type { AgentsRoom } from "../../agents/index.ts";
import type { CallLogRoom } from "../../call-log/index.ts";
import { Problem } from "../../http/index.ts";
import { renderTimestamp } from "../../runtime/index.ts";
import { html } from "../html.ts";
import { agentPath } from "./agent-view.ts";
import type { Assets } from "./assets.ts";
import { guidePaths } from "./guide.ts";
import type { PagePace } from "./page-pace.ts";

export interface SitemapOptions {
  search: Pick<AgentsRoom["search"], "publicNames">;
  publicStats: CallLogRoom["publicStats"];
  assets: Pick<Assets, "guide">;
  pace: Pick<PagePace, "demand">;
  /** Where callers reach the gateway. */
  publicUrl(): string;
}

/** Up to so many agents stand in one document, more in parts: by the first digits of their ids, which are spread evenly. */
const WHOLE_MAX = 2_000;
/** A part has no more, of a directory of two million. */
const PART_MAX = 10_000;
const HEX = [..."0123456789abcdef"];
const SECONDS = 600;
const NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9";

/** What search engines are told of: pages for everybody, agents that everybody sees. */
export function mountSitemap(
  app: FastifyInstance,
  { search, publicStats, publicUrl, assets, pace }: SitemapOptions,
): void {
  app.get("/robots.txt", (_request, reply) =>
    reply
      .header("cache-control", `public, max-age=${SECONDS}`)
      .type("text/plain; charset=utf-8")
      .send(
        `User-agent: *\nDisallow: /dashboard\nDisallow: /admin\nDisallow: /sign-in\n\nSitemap: ${publicUrl()}/sitemap.xml\n`,
      ),
  );

  const agents = async (prefix: string, limit: number) => {
    const url = publicUrl();
    return (await search.publicNames(prefix, limit)).map(({ updatedAt, ...agent }) => ({
      loc: url + agentPath(agent),
      lastmod: renderTimestamp(updatedAt).slice(0, 10),
    }));
  };
  const pages = () =>
    ["/", "/marketplace", "/status", ...guidePaths(assets.guide)].map((path) => ({ loc: publicUrl() + path }));

  app.get("/sitemap.xml", async (request, reply) => {
    await pace.demand(request);
    const { agents: count } = await publicStats.get();
    reply.header("cache-control", `public, max-age=${SECONDS}`).type("application/xml; charset=utf-8");
    if (count > WHOLE_MAX) {
      const parts = ["pages", ...HEX.flatMap((first) => HEX.map((second) => first + second))];
      return reply.send(
        document(
          "sitemapindex",
          "sitemap",
          parts.map((part) => ({ loc: `${publicUrl()}/sitemap-${part}.xml` })),
        ),
      );
    }
    const all = await Promise.all(HEX.map((first) => agents(first, WHOLE_MAX)));
    return reply.send(document("urlset", "url", [...pages(), ...all.flat()]));
  });

  app.get<{ Params: { part: string } }>("/sitemap-:part.xml", async (request, reply) => {
    const { part } = request.params;
    if (part !== "pages" && !/^[0-9a-f]{2}$/.test(part)) throw new Problem(404, "Not Found");
    await pace.demand(request);
    const urls = part === "pages" ? pages() : await agents(part, PART_MAX);
    reply.header("cache-control", `public, max-age=${SECONDS}`).type("application/xml; charset=utf-8");
    return reply.send(document("urlset", "url", urls));
  });
}

const document = (root: string, each: string, urls: readonly { loc: string; lastmod?: string }[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">\n${urls
    .map(
      ({ loc, lastmod }) =>
        `<${each}>${html`<loc>${loc}</loc>`.text}${lastmod === undefined ? "" : `<lastmod>${lastmod}</lastmod>`}</${each}>\n`,
    )
    .join("")}</${root}>\n`;
