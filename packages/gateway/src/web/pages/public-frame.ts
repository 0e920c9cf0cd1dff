import { type Html, html } from "../html.ts";
import { glyph } from "./page.ts";

export type PublicPlace = "home" | "marketplace" | "status" | "guide" | "docs";

const PLACES = [
  { place: "marketplace", href: "/marketplace", name: "Marketplace" },
  { place: "guide", href: "/guide", name: "Guide" },
  { place: "docs", href: "/docs", name: "API" },
  { place: "status", href: "/status", name: "Status" },
] as const;

/** What stands around every public page. */
export const publicFrame = (
  here: PublicPlace,
  content: Html,
): Html => html`<a href="#content" class="skip">Skip to content</a>
<header class="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-2 px-4 py-4 wide:px-8">
<a href="/" class="flex items-center gap-2 font-strong text-ink-1 no-underline"${here === "home" && html` aria-current="page"`}>${glyph()} AgentGate</a>
<nav aria-label="Pages" class="order-last flex w-full flex-wrap gap-x-5 gap-y-1 wide:order-none wide:w-auto wide:grow">
${PLACES.map(
  ({ place, href, name }) =>
    html`<a href="${href}" class="text-ink-2 aria-[current=page]:font-strong aria-[current=page]:text-ink-1"${place === here && html` aria-current="page"`}>${name}</a>\n`,
)}</nav>
<a href="/dashboard" class="button ml-auto">Dashboard</a>
</header>
<main id="content" tabindex="-1" class="mx-auto max-w-6xl px-4 pb-16 outline-none wide:px-8">
${content}
</main>
<footer class="mx-auto flex max-w-6xl flex-wrap gap-x-6 gap-y-2 border-line border-t px-4 py-6 text-ink-2 wide:px-8">
<a href="/" class="text-ink-2">Home</a>
<a href="/dashboard" class="text-ink-2">Dashboard</a>
<a href="/admin" class="text-ink-2">Admin</a>
<a href="/docs" class="text-ink-2">Swagger API</a>
<a href="/.well-known/ai-catalog.json" class="text-ink-2">Catalog for machines</a>
<a href="/openapi.json" class="text-ink-2">OpenAPI</a>
</footer>`;
