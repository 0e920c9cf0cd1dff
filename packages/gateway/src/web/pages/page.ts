import type { FastifyRequest } from "fastify";
import { Html, html } from "../html.ts";
import type { PageFiles } from "./assets.ts";

export interface PageHead {
  title: string;
  /** For search engines and previews. */
  description?: string | undefined;
  /** The one address of what is shown; pages without are not indexed. */
  canonical?: string | undefined;
  /** What it is about, in the words of schema.org (JSON-LD). */
  subject?: Record<string, unknown> | undefined;
  /** Which scripts it needs. */
  entry: keyof PageFiles["entries"];
  /** Addresses of what it has beside the styles and scripts of all pages, after these. */
  styles?: readonly string[] | undefined;
  scripts?: readonly string[] | undefined;
}

export type Theme = "light" | "dark" | undefined;

/** What the reader has chosen, and a page is written in. */
export const themeOf = ({ headers }: FastifyRequest): Theme => {
  const theme = /(?:^|;\s*)theme=(light|dark)(?:;|$)/.exec(headers.cookie ?? "")?.[1];
  return theme as Theme;
};

/** By itself: compilers take a template apart that has it in its text, and want a helper of their own for that. */
const SCRIPT_END = new Html("</" + "script>");

/** Data in a page: no browser runs it, and nothing in it ends it. */
const asData = (subject: Record<string, unknown>): Html =>
  new Html(JSON.stringify(subject).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${hexOf(char)}`));
const hexOf = (char: string): string => char.charCodeAt(0).toString(16).padStart(4, "0");

/** A whole page around its body. */
export function writePage(theme: Theme, files: PageFiles, head: PageHead, body: Html): string {
  const { title, description, canonical, entry, subject, styles = [], scripts = [] } = head;
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
<meta property="og:site_name" content="AgentGate">
<meta property="og:title" content="${title}">
${description !== undefined && html`<meta property="og:description" content="${description}">\n`}<meta property="og:url" content="${canonical}">
<meta property="og:type" content="website">
<meta name="twitter:card" content="summary">`
}${subject !== undefined && html`\n<script type="application/ld+json">${asData({ "@context": "https://schema.org", ...subject })}${SCRIPT_END}`}
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
${files.fonts.map((font) => html`<link rel="preload" href="/assets/${font}" as="font" type="font/woff2" crossorigin>\n`)}<link rel="stylesheet" href="/assets/${files.styles}">
${styles.map((href) => html`<link rel="stylesheet" href="${href}">\n`)}${preload.map((name) => html`<link rel="modulepreload" href="/assets/${name}">\n`)}<script type="module" src="/assets/${script}">${SCRIPT_END}
${scripts.map((src) => html`<script defer src="${src}">${SCRIPT_END}\n`)}${body}
</html>
`.text;
}

/** The gate: what came, what passed, what went. */
export const glyph = (size = 18): Html =>
  html`<svg viewBox="0 0 18 18" width="${size}" height="${size}" aria-hidden="true"><path d="M1 9h4M13 9h4" stroke="currentColor" stroke-width="2"/><path d="M6.5 2v14M11.5 2v14" stroke="currentColor" stroke-width="1.5"/><path d="M7.5 9h3" stroke="var(--accent)" stroke-width="2"/></svg>`;

export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18"><style>g{stroke:#1b2a33}@media(prefers-color-scheme:dark){g{stroke:#f0eee9}}</style><g><path d="M1 9h4M13 9h4" stroke-width="2"/><path d="M6.5 2v14M11.5 2v14" stroke-width="1.5"/></g><path d="M7.5 9h3" stroke="#1d6f80" stroke-width="2"/></svg>
`;

export { Html };
