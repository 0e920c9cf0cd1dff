import { shortText } from "@agentgate/protocol/format";
import type { FastifyInstance } from "fastify";
import { Problem } from "../../http/index.ts";
import { Html, html } from "../html.ts";
import type { Assets } from "./assets.ts";
import { EXCERPT_MAX, excerptAt } from "./excerpt.ts";
import type { Guide, GuidePage } from "./guide-documents.ts";
import { themeOf, writePage } from "./page.ts";
import type { PagePace } from "./page-pace.ts";
import { publicFrame } from "./public-frame.ts";
import { sendPublicPage, WrittenPage } from "./send-page.ts";

const QUESTION_MAX = 100;
const HITS_MAX = 30;
/** Where decisions begin, of which there are many: told of at the end, in small. */
const DECISIONS = "decisions/";

const pathOf = (slug: string): string => `/guide/${slug}`;

/** Addresses of the guide's pages, for search engines. */
export const guidePaths = ({ pages }: Guide): string[] => ["/guide", ...Object.keys(pages).map(pathOf)];

export interface GuideOptions {
  pace: PagePace;
  assets: Pick<Assets, "pages" | "guide">;
  /** Where callers reach the gateway. */
  publicUrl(): string;
}

/** The documents of this gateway's release, to be read where it runs. */
export function mountGuide(app: FastifyInstance, { assets, pace, publicUrl }: GuideOptions): void {
  app.get("/guide", async (request, reply) => {
    const { guide } = assets;
    const { q } = request.query as { q?: unknown };
    const asked = typeof q === "string" ? q.slice(0, QUESTION_MAX).trim() : "";
    if (asked !== "") await pace.demand(request);
    const head = {
      title: "Guide · AgentGate",
      description: "How to offer, find, call and sell agents with AgentGate, and how to run it.",
      ...(asked === "" && { canonical: `${publicUrl()}/guide` }),
      entry: "public",
    } as const;
    const body = publicFrame("guide", overview(guide, asked));
    return sendPublicPage(reply, new WrittenPage(writePage(themeOf(request), assets.pages, head, body)));
  });

  app.get<{ Params: { "*": string } }>("/guide/*", (request, reply) => {
    const { guide } = assets;
    // Documents may be asked for as they are called where they lie.
    const slug = request.params["*"].replace(/(?:\.md)?\/?$/, "");
    const page = Object.hasOwn(guide.pages, slug) ? guide.pages[slug] : undefined;
    if (!page) throw new Problem(404, "No document of the guide has this name: /guide lists them");
    if (slug !== request.params["*"]) return reply.redirect(pathOf(slug), 302);
    const canonical = publicUrl() + pathOf(slug);
    const head = { title: `${page.title} · AgentGate`, description: page.summary, canonical, entry: "public" } as const;
    const body = publicFrame("guide", guideContent(guide, slug, page));
    return sendPublicPage(reply, new WrittenPage(writePage(themeOf(request), assets.pages, head, body)));
  });
}

const search = (asked: string): Html =>
  html`<form action="/guide" method="get" role="search" class="flex flex-wrap items-end gap-3 pb-6"><label class="min-w-60 grow">Search the guide<input class="field mt-1" type="search" name="q" value="${asked}" autocomplete="off" maxlength="${QUESTION_MAX}"></label><button class="button">Search</button></form>`;

const overview = (guide: Guide, asked: string): Html => html`<h1 class="pt-6 pb-4 text-title">Guide</h1>
${search(asked)}
${asked === "" ? groups(guide) : found(guide, asked)}`;

const groups = ({ groups, pages }: Guide): Html =>
  html`<div class="grid gap-x-10 gap-y-8 broad:grid-cols-2">${groups.map(
    ({ title, slugs }) =>
      html`<section class="border-ink-1 border-t pt-3"><h2 class="pb-2 text-section">${title}</h2><ul>${slugs.map(
        (slug) => {
          const { title: name, summary } = pages[slug]!;
          return html`<li class="py-1"><a href="${pathOf(slug)}" class="font-strong">${name}</a>${
            !slug.startsWith(DECISIONS) && html`<p class="text-ink-2">${summary}</p>`
          }</li>\n`;
        },
      )}</ul></section>\n`,
  )}</div>`;

function found({ pages }: Guide, asked: string): Html {
  const wanted = asked.toLowerCase();
  const hits = Object.entries(pages)
    .flatMap(([slug, page]) =>
      page.sections.flatMap(({ id, title, text }) => {
        const isTitle = title.toLowerCase().includes(wanted);
        const at = text.toLowerCase().indexOf(wanted);
        return isTitle || at >= 0
          ? [{ slug, page, id, title, isTitle, excerpt: excerptAt(text, Math.max(at, 0)) }]
          : [];
      }),
    )
    .sort((a, b) => Number(b.isTitle) - Number(a.isTitle));
  return html`<p role="status" class="pb-3 text-ink-2">${hits.length === 0 ? "Nothing has these words." : `${hits.length > HITS_MAX ? `The first ${HITS_MAX} of ${hits.length}` : hits.length} ${hits.length === 1 ? "section" : "sections"}`} <a href="/guide">All documents</a></p>
<ul class="border-line border-t">${hits
    .slice(0, HITS_MAX)
    .map(
      ({ slug, page, id, title, excerpt }) =>
        html`<li class="border-line border-b py-2"><a href="${pathOf(slug)}#${id}" class="font-strong">${title}</a> <span class="text-ink-3">${page.title}</span><p class="text-ink-2">${shortText(excerpt, EXCERPT_MAX)}</p></li>\n`,
    )}</ul>`;
}

function guideContent(guide: Guide, slug: string, page: GuidePage): Html {
  const here = page.sections.filter(({ level }) => level === 2);
  return html`<div class="grid gap-x-10 gap-y-4 pt-6 broad:grid-cols-[13rem_minmax(0,1fr)]">
<details class="facets guide-contents min-w-0"><summary class="button">Contents</summary><nav aria-label="Guide"><p class="pb-2"><a href="/guide">All documents, search</a></p>
${guide.groups
  .filter(({ slugs }) => slugs.includes(slug) || !slugs[0]!.startsWith(DECISIONS))
  .map(
    ({ title, slugs }) =>
      html`<h2 class="pt-3 pb-1 font-strong text-ink-2">${title}</h2><ul>${slugs.map(
        (each) =>
          html`<li><a href="${pathOf(each)}" class="facet"${each === slug && html` aria-current="page"`}>${guide.pages[each]!.title}</a></li>\n`,
      )}</ul>`,
  )}</nav></details>
<article class="min-w-0"><h1 id="${page.sections[0]!.id}" class="pb-4 text-title">${page.title}</h1>
${
  here.length > 1 &&
  html`<nav aria-label="On this page" class="mb-6 border-line border-l pl-4"><ul class="flex flex-wrap gap-x-5 gap-y-1">${here.map(
    ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`,
  )}</ul></nav>`
}
<div class="told guide text-prose">${new Html(page.html)}</div></article>
</div>`;
}
