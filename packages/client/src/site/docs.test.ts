import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { goldenKey, goldenShop } from "../../../site/src/testing/golden-shop.ts";
import * as client from "./index.ts";

const page = readFileSync(new URL("../../../../docs/site/client.md", import.meta.url), "utf8");

test("the page's first example runs as it stands", async () => {
  const [, code = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
  const app = goldenShop();
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => app.fetch(new Request(url, init)));
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const folder = mkdtempSync(fileURLToPath(new URL("./docs-test-", import.meta.url)));
  try {
    writeFileSync(`${folder}/example.ts`, code.replace("sk-…", goldenKey));
    await import(pathToFileURL(`${folder}/example.ts`).href);
    expect(
      printed.mock.calls.map(([value]) => (value instanceof client.DiscoveredSite ? String(value) : value)),
    ).toEqual([
      "<DiscoveredSite 'MyShop' intents=['search_products'] flows=['checkout', 'track_order']>",
      true,
      { status: "on its way" },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
    vi.unstubAllGlobals();
    printed.mockRestore();
  }
});

test("the page names every error class", () => {
  for (const name of Object.keys(client).filter((name) => name.endsWith("Error") && name !== "SiteError")) {
    expect(page).toContain(`\`${name}\``);
  }
});
