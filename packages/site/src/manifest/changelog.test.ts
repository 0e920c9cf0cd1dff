import type { Manifest } from "@agentgate/protocol/site";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, none } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";
import { changelog } from "./changelog.ts";

const site = (version: string, input: z.ZodObject, more: object = {}, warnings: string[] = []) =>
  new AgentApp({
    title: "Shop",
    description: "A shop for tests",
    auth: none(),
    baseUrl: "https://shop.test",
    version,
    onWarning: (text) => warnings.push(text),
    ...more,
  }).intent("search", { description: "Searches the whole shop", input, handler: () => 1 });

describe("changelog", () => {
  const first = z.object({ query: z.string() });
  const second = z.object({ query: z.string(), max: z.int().optional() });
  const third = z.object({ text: z.string() });
  const next = (previous: Manifest, version: string, input: z.ZodObject) =>
    site(version, input, { changelog: changelog(previous) }).manifest;

  it("grows with every release that changes something", () => {
    const v1 = site("1.0", first).manifest;
    expect(v1).not.toHaveProperty("changes");
    expect(next(v1, "1.0", first)).not.toHaveProperty("changes");
    const v2 = next(v1, "1.1", second);
    expect(v2.changes).toEqual([
      {
        version: "1.1",
        changes: [
          {
            kind: "added",
            breaking: false,
            path: "/intents/search/input_schema/properties/max",
            message: '"max" is new.',
          },
        ],
      },
    ]);
    const v3 = next(v2, "2.0", third);
    expect(v3.changes!.map(({ version, changes }) => [version, changes.some(({ breaking }) => breaking)])).toEqual([
      ["2.0", true],
      ["1.1", false],
    ]);
    expect(next(v3, "2.0", third).changes).toEqual(v3.changes);
  });

  it("warns about breaking changes and a version that stayed", () => {
    const warnings: string[] = [];
    const previous = site("1.0", first).manifest;
    site("1.0", third, { changelog: changelog(previous) }, warnings).handler();
    expect(warnings).toEqual([
      expect.stringContaining('version is still "1.0"'),
      expect.stringContaining('input_schema/properties/query: "query" is gone.'),
      expect.stringContaining('"text" is new and required.'),
    ]);
  });
});

describe("deprecation", () => {
  it("reaches callers through the manifest and through headers of every reply", async () => {
    const deprecated = { message: "Searching moves to find.", since: "2026-11-01", sunset: "2027-01-01", use: "find" };
    const app = new AgentApp({ title: "Shop", auth: none() }).intent("search", {
      description: "Searches the shop",
      deprecated,
      handler: () => 1,
    });
    const agent = agentOf(app);
    expect((await agent.manifest()).body.intents[0].deprecated).toEqual(deprecated);
    const { headers } = await agent.intent("search");
    expect(headers.get("deprecation")).toBe("@1793491200");
    expect(headers.get("sunset")).toBe("Fri, 01 Jan 2027 00:00:00 GMT");
    expect(headers.get("x-agent-warning")).toBe("Deprecated: Searching moves to find. Use find.");
  });
});
