import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type { SeededGateway } from "./seed.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export type Reader = "nobody" | "organization" | "admin";

export interface ShownPage {
  path: string;
  who: Reader;
  /** What is pressed there, and what opens beside or above. */
  press?: string;
}

/** Parts of pages, and what opens in them. */
const partsOf = (id: (name: string) => string): [path: string, press?: string][] => [
  ["/dashboard?role=payer&range=7d"],
  ["/dashboard/logs?status=error&range=30d", "table.log tbody .log-took >> nth=0"],
  ["/dashboard/logs?latency_min=999999999"],
  ["/dashboard/tasks", "main tbody tr a >> nth=0"],
  ["/dashboard/wallet?tab=holds"],
  ["/dashboard/wallet?tab=statements"],
  ["/dashboard/orders", "main tbody tr a >> nth=0"],
  ["/dashboard/orders?tab=checkouts"],
  ["/dashboard/webhooks", "main tbody tr a >> nth=0"],
  ["/dashboard/webhooks?tab=deliveries"],
  ["/dashboard/webhooks?tab=deliveries", "main tbody tr a >> nth=0"],
  ["/dashboard/chains", "main tbody tr a >> nth=0"],
  ...["limits", "keys", "sessions"].map((tab): [string] => [`/dashboard/settings?tab=${tab}`]),
  ["/dashboard/settings?tab=keys", "text=New key"],
  ...["skills", "card", "try", "mcp", "health", "earnings", "reviews", "webhook", "settings"].map((tab): [string] => [
    `/dashboard/agents/${id("lingua-translate")}?tab=${tab}`,
  ]),
  ...["skills", "try"].map((tab): [string] => [`/dashboard/agents/${id("FoodPanda")}?tab=${tab}`]),
  [`/dashboard/agents/${id("sommelier")}?tab=skills`, "text=Compare"],
  ["/admin/approvals", "main tbody tr a >> nth=0"],
  ["/admin/audit", "main tbody tr a >> nth=0"],
  ["/admin/orgs", "text=Create an organization"],
  ["/admin/ledger", "text=Verify now"],
];

/** Every page that there is: those of the gateway, those that the dashboard's router has. */
export function pagesOf({ agents, orgId }: Pick<SeededGateway, "agents" | "orgId">): ShownPage[] {
  const id = (name: string) => `/marketplace/${agents.get(name)}/${name}`;
  const all = [
    "/",
    "/marketplace",
    "/marketplace?protocol=a2a&price_max=0.01&sort=calls",
    "/marketplace?q=nothing+has+this",
    id("weather-now"),
    id("lingua-translate"),
    `${id("lingua-translate")}/card`,
    id("pdf-forms"),
    id("FoodPanda"),
    id("sommelier"),
    "/status",
    "/guide",
    "/guide?q=webhook",
    "/guide/stats",
    "/guide/configuration",
    "/docs",
    "/sign-in",
  ].map((path): ShownPage => ({ path, who: "nobody" }));
  const routes = globSync("packages/dashboard/src/{app,features}/**/*routes.tsx", { cwd: root })
    .flatMap((file) => [...readFileSync(join(root, file), "utf8").matchAll(/path: "(\/[^"]*)"/g)])
    .map(([, path]) =>
      path!
        .replace("/orgs/$id", `/orgs/${orgId}`)
        .replace("$agentId", agents.get("lingua-translate")!)
        .replace("$id", agents.get("lingua-translate")!),
    )
    // Built into the pages of who works on them alone.
    .filter((path) => !path.includes("$") && path !== "/dashboard/design");
  const readerOf = (path: string): Reader => (path.startsWith("/admin") ? "admin" : "organization");
  return [
    ...all,
    ...[...new Set([...routes, "/dashboard/no-such-page"])].map((path): ShownPage => ({ path, who: readerOf(path) })),
    ...partsOf((name) => agents.get(name)!).map(
      ([path, press]): ShownPage => ({ path, who: readerOf(path), ...(press && { press }) }),
    ),
  ];
}

/** Signs the page's browser in as that reader. */
export async function signInAs(page: Page, who: Reader, { url, gateway, orgKey }: SeededGateway): Promise<void> {
  if (who === "nobody") return;
  if (who === "admin") await page.goto(await gateway.signInLink());
  else {
    await page.goto(`${url}/sign-in`);
    await page.getByLabel(/API key/).fill(orgKey);
  }
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/dashboard**");
}

/** Waits until the page stands there as its reader sees it. */
export async function untilShown(page: Page, { path, who, press }: ShownPage): Promise<void> {
  await page.waitForLoadState("load");
  if (who !== "nobody") await page.getByRole("heading", { level: 1 }).first().waitFor();
  await untilLoaded(page);
  // Of Swagger UI's operations, those in sight.
  await page.waitForTimeout(path === "/docs" ? 4_000 : who === "nobody" ? 50 : 300);
  if (press === undefined) return;
  await page.locator(press).first().click();
  await page.waitForTimeout(150);
  await untilLoaded(page);
  await page.waitForTimeout(300);
}

/** For what never comes, not for what is slow. */
export const NEVER_MS = 180_000;

/** Until nothing stands for something that is still to come. Connections that tell of what happens stay open. */
const untilLoaded = (page: Page): Promise<void> =>
  page.locator("[data-loading]").first().waitFor({ state: "detached", timeout: NEVER_MS });
