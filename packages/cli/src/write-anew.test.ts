import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { runAgentgate } from "./testing/run-agentgate.ts";

const directory = temporaryDirectory("write-anew");
afterAll(() => directory.remove());

const document = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "Pets", version: "1" },
  servers: [{ url: "https://pets.example" }],
  paths: { "/pets": { get: { operationId: "listPets", responses: { 200: { description: "Pets" } } } } },
});

test("a draft that is there is not written over, nor its report, unless that is said", async () => {
  const [source, out, report] = ["openapi.json", "site.ts", "report.md"].map((name) => join(directory.path, name));
  writeFileSync(source!, document);
  writeFileSync(report!, "mine");
  const importing = (...more: string[]) =>
    runAgentgate(["import", "openapi", source!, "--out", out!, "--report", report!, ...more]);
  const refused = await importing();
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/report\.md is there already[\s\S]*--force/),
  ]);
  expect(readFileSync(report!, "utf8")).toBe("mine");
  expect((await importing("--force")).exitCode).toBe(0);
  const draft = readFileSync(out!, "utf8");
  writeFileSync(out!, "curated");
  expect((await importing()).exitCode).toBe(2);
  expect(readFileSync(out!, "utf8")).toBe("curated");
  expect((await importing("--force")).exitCode).toBe(0);
  expect(readFileSync(out!, "utf8")).toBe(draft);
});
