import type { FastifyReply, FastifyRequest } from "fastify";
import { Html, html } from "../html.ts";
import type { PageFiles } from "./assets.ts";

/** Nothing from elsewhere, no inline script or style, and markup that scripts write comes through one policy of our own. */
const POLICY = [
  "default-src 'none'",
  ...["script", "style", "img", "font", "connect", "manifest"].map((kind) => `${kind}-src 'self'`),
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types agentgate",
].join("; ");

export interface PageHead {
  title: string;
  /** For search engines and previews. */
  description?: string | undefined;
  /** The one address of what is shown; pages without are not indexed. */
  canonical?: string | undefined;
  /** Which scripts it needs. */
  entry: keyof PageFiles["entries"];
}

/** What the reader has chosen, and a page is written in. */
const themeOf = ({ headers }: FastifyRequest): "light" | "dark" | undefined => {
  const theme = /(?:^|;\s*)theme=(light|dark)(?:;|$)/.exec(headers.cookie ?? "")?.[1];
  return theme as "light" | "dark" | undefined;
};

/** By itself: compilers take a template apart that has it in its text, and want a helper of their own for that. */
const SCRIPT_END = new Html("</" + "script>");

/** A whole page around its body. */
export function writePage(request: FastifyRequest, files: PageFiles, head: PageHead, body: Html): string {
  const { title, description, canonical, entry } = head;
  const theme = themeOf(request);
  const { script, preload } = files.entries[entry];
  return html`<!doctype html>
<html lang="en"${theme !== undefined && html` data-theme="${theme}"`}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${description !== undefined && html`<meta name="description" content="${description}">\n`}${
  canonical === undefined
    ? html`<meta name="robots" content="noindex">`
    : html`<link rel="canonical" href="${canonical}">
<meta property="og:title" content="${title}">
<meta property="og:url" content="${canonical}">
<meta property="og:type" content="website">`
}
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
${files.fonts.map((font) => html`<link rel="preload" href="/assets/${font}" as="font" type="font/woff2" crossorigin>\n`)}<link rel="stylesheet" href="/assets/${files.styles}">
${preload.map((name) => html`<link rel="modulepreload" href="/assets/${name}">\n`)}<script type="module" src="/assets/${script}">${SCRIPT_END}
${body}
</html>
`.text;
}

/** How long a page that is the same for everybody may be kept, in seconds. */
export const PUBLIC_SECONDS = 10;

export function sendPage(reply: FastifyReply, page: string, { isPublic }: { isPublic: boolean }): FastifyReply {
  return reply
    .headers({
      "content-security-policy": POLICY,
      "cache-control": isPublic ? `public, max-age=${PUBLIC_SECONDS}` : "no-store",
      vary: "Accept, Cookie, Accept-Encoding",
    })
    .type("text/html; charset=utf-8")
    .send(page);
}

/** The gate: what came, what passed, what went. */
export const glyph = (size = 18): Html =>
  html`<svg viewBox="0 0 18 18" width="${size}" height="${size}" aria-hidden="true"><path d="M1 9h4M13 9h4" stroke="currentColor" stroke-width="2"/><path d="M6.5 2v14M11.5 2v14" stroke="currentColor" stroke-width="1.5"/><path d="M7.5 9h3" stroke="var(--accent)" stroke-width="2"/></svg>`;

export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18"><style>g{stroke:#1b2a33}@media(prefers-color-scheme:dark){g{stroke:#f0eee9}}</style><g><path d="M1 9h4M13 9h4" stroke-width="2"/><path d="M6.5 2v14M11.5 2v14" stroke-width="1.5"/></g><path d="M7.5 9h3" stroke="#1d6f80" stroke-width="2"/></svg>
`;

export { Html };
