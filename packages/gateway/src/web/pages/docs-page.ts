import type { FastifyInstance } from "fastify";
import { html } from "../html.ts";
import type { Assets } from "./assets.ts";
import { themeOf, writePage } from "./page.ts";
import { publicFrame } from "./public-frame.ts";
import { POLICY_PARTS, sendPublicPage, WrittenPage } from "./send-page.ts";

/** Swagger UI writes styles into its elements, and has pictures in its style sheet. */
const POLICY = [
  ...POLICY_PARTS.filter((part) => !/^(?:style-src|img-src|require-trusted|trusted)/.test(part)),
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
].join("; ");

/** Swagger UI among the other pages; `http` serves what it consists of. */
export function mountDocs(app: FastifyInstance, assets: Pick<Assets, "pages">): void {
  app.get("/docs", (request, reply) => {
    const { pages } = assets;
    const head = {
      title: "API · AgentGate",
      description: "Every operation of this gateway's API, to be tried from here.",
      entry: "public",
      styles: ["/docs/assets/swagger-ui.css", `/assets/${pages.docsStyles}`],
      scripts: ["/docs/assets/swagger-ui-bundle.js", "/docs/start.js"],
    } as const;
    const body = publicFrame(
      "docs",
      html`<h1 class="spoken">API</h1><div id="swagger-ui"></div><noscript><p class="py-8">To try operations takes scripts. <a href="/openapi.json">The OpenAPI document</a> has all of them, and the <a href="/guide">guide</a> tells how they are used.</p></noscript>`,
    );
    return sendPublicPage(reply, new WrittenPage(writePage(themeOf(request), pages, head, body)), POLICY);
  });
}
