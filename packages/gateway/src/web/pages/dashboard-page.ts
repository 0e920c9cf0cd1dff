import type { FastifyInstance } from "fastify";
import { html } from "../html.ts";
import type { SessionFinder } from "../session-finder.ts";
import { adminPages } from "./admin-pages.ts";
import type { Assets } from "./assets.ts";
import { FAVICON, themeOf, writePage } from "./page.ts";
import { sendOwnPage } from "./send-page.ts";

const WITHOUT_SCRIPT = html`<noscript><p class="p-4">The dashboard needs scripts. Agents can be found without them in the <a href="/marketplace">marketplace</a>, and all that it does can be done with the <a href="/docs">API</a> and the command line.</p></noscript>`;

/** The dashboard and the admin's pages: a frame that a script fills. Who is not signed in is led to where that is done, and back. */
export function mountDashboard(app: FastifyInstance, assets: Assets, finder: Pick<SessionFinder, "shown">): void {
  app.get("/favicon.svg", (_request, reply) =>
    reply.header("cache-control", "public, max-age=86400").type("image/svg+xml").send(FAVICON),
  );
  for (const url of ["/dashboard", "/dashboard/*", ...adminPages]) {
    app.get(url, async (request, reply) => {
      const { pages } = assets;
      if (!(await finder.shown(request))) {
        return reply
          .header("cache-control", "no-store")
          .redirect(`/sign-in?next=${encodeURIComponent(request.url)}`, 303);
      }
      const head = { title: "AgentGate", entry: "dashboard" } as const;
      const body = html`<div id="app"></div>\n${WITHOUT_SCRIPT}`;
      return sendOwnPage(reply, writePage(themeOf(request), pages, head, body));
    });
  }
}
