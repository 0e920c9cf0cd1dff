// Every block of code of the documentation is run here, unless another test runs it or the page says why nobody can.
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parse } from "yaml";
import { type ServedGateway, serveGateway } from "../../packages/cli/src/testing/served-gateway.ts";
import { contents } from "../../packages/dashboard/guide/contents.ts";
import { createEmptyDatabase } from "../../packages/gateway/src/storage/testing/index.ts";
import { startAgent, type TestAgent } from "../../packages/gateway/src/testing/index.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { elsewhere } from "./elsewhere.ts";
import { isOutput, runPage } from "./page-run.ts";
import { type Stands, startStands } from "./stands.ts";
import { takenForGranted } from "./taken-for-granted.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  ...new Set([
    ...contents.flatMap(({ entries }) => entries.map(({ file }) => file)),
    ...globSync(["docs/*.md", "docs/site/*.md", "packages/*/README.md", "examples/*/README.md"], { cwd: root }),
  ]),
].sort();
const blocks = new Map(pages.map((page) => [page, blocksOf(root, page)]));

/** Blocks of a page that are run here. */
const ownOf = (page: string): Block[] =>
  blocks.get(page)!.filter(({ language }) => elsewhere[page]?.[language] === undefined);
const isRun = ({ kind, notRun, runBy }: Block) =>
  notRun === undefined && runBy === undefined && ["shell", "program", "file", "session"].includes(kind);

/** Gateways on which pages run beside each other: mostly they wait. */
const LANES = 3;
let agent: TestAgent;
let stands: Stands;
const lanes: ServedGateway[] = [];
const free: ServedGateway[] = [];
const waiting: ((gateway: ServedGateway) => void)[] = [];
beforeAll(async () => {
  const settings = {
    AGENTGATE_TASK_TIMEOUT_MS: "29000",
    AGENTGATE_RATE_BURST: "1000",
    AGENTGATE_DEPLOY_RUNTIME: "process",
  };
  const started = Array.from({ length: LANES }, () => serveGateway({ env: settings }));
  [agent, stands] = await Promise.all([startAgent(), startStands()]);
  lanes.push(...(await Promise.all(started)));
  free.push(...lanes);
});
afterAll(() => Promise.all([...lanes.map((gateway) => gateway.stop("SIGKILL")), agent?.close(), stands?.close()]));

const takeLane = () =>
  new Promise<ServedGateway>((resolve) => {
    const gateway = free.pop();
    if (gateway) resolve(gateway);
    else waiting.push(resolve);
  });

/** Each page begins at a gateway with nothing on it. */
async function giveBack(gateway: ServedGateway): Promise<void> {
  for (const kind of ["chains", "agents", "orgs"]) {
    const headers = { authorization: `Bearer ${gateway.adminKey}` };
    const all = (await (await fetch(`${gateway.url}/${kind}/`, { headers })).json()) as { id: string }[];
    await Promise.all(
      all.map(({ id }) => fetch(`${gateway.url}/${kind}/${id}?force=true`, { method: "DELETE", headers })),
    );
  }
  const next = waiting.shift();
  if (next) next(gateway);
  else free.push(gateway);
}

describe("the pages do what they say", () => {
  test.concurrent.for(pages.filter((page) => ownOf(page).some(isRun)))("%s", async (page, { skip }) => {
    const own = ownOf(page);
    const before = takenForGranted[page] ?? "";
    const redisUrl = inject("redisUrl");
    if ((before.includes("$POSTGRES") && !inject("postgresUrl")) || (before.includes("$REDIS") && !redisUrl))
      return skip("PostgreSQL or Redis is not installed");
    const wanted = before.includes("$POSTGRES") ? [1, 2] : [];
    const databases = await Promise.all(wanted.map(() => createEmptyDatabase("postgres")));
    const [postgresUrl, restoredUrl] = databases.map(({ location }) => location.databaseUrl);
    const gateway = await takeLane();
    const surroundings = { root, gateway, agentUrl: agent.url, examples: stands.examples, before };
    const results = await runPage(own, { ...surroundings, postgresUrl, restoredUrl, redisUrl }).finally(async () => {
      await Promise.all([giveBack(gateway), ...databases.map((database) => database.remove())]);
    });
    for (const { block, told, printed, exitCode } of results) {
      const place = `${page}:${block.line}\n${printed}`;
      if (block.fails) expect(exitCode, `${place}\nwas not refused`).toBeGreaterThan(0);
      else expect(exitCode, place).toBe(0);
      expect(isOutput(told, printed), `${told}\n\nwas not printed:\n${place}`).toBe(true);
    }
    expect(results.map(({ block }) => block.line)).toEqual(own.filter(isRun).map(({ line }) => line));
  });
});

test("what is not run is said to be, with a reason, and is little", () => {
  const all = [...blocks.values()].flat();
  const left = all.filter(({ notRun }) => notRun !== undefined);
  expect(left.filter(({ notRun }) => notRun!.length < 10)).toEqual([]);
  expect(left.length).toBeLessThan(all.length / 10);
});

test("what another test is said to run names that page there", () => {
  for (const { page, line, runBy } of [...blocks.values()].flat()) {
    if (runBy === undefined) continue;
    expect(globSync(runBy, { cwd: root }), `${page}:${line}`).toHaveLength(1);
    expect(readFileSync(`${root}${runBy}`, "utf8"), `${page}:${line}: ${runBy}`).toContain(basename(page));
  }
});

test("what is only looked at can be read by whoever reads its like", () => {
  const filledIn = (text: string) => text.replace(/^\s*\/\/.*$|(?<=[,{]) \/\/.*$/gm, "").replace(/, …(?= })/g, "");
  const readers: Record<string, (text: string) => unknown> = {
    json: JSON.parse,
    jsonc: (text) => JSON.parse(filledIn(text)),
    yaml: (text) => parse(text),
    http: (text) =>
      new Request(`http://gateway${/^[A-Z]+ (\/\S*)\n/.exec(text)![1]}`).url &&
      JSON.parse(text.slice(text.indexOf("\n"))),
  };
  const pictures = pages
    .flatMap(ownOf)
    .filter(({ kind, notRun, runBy }) => kind === "picture" && notRun === undefined && runBy === undefined);
  for (const { page, line, language, text } of pictures) {
    expect(readers[language], `${page}:${line}: nobody reads ${language}`).toBeDefined();
    expect(() => readers[language]!(text), `${page}:${line}`).not.toThrow();
  }
});

test("what other tests run is there", () => {
  for (const [page, languages] of Object.entries(elsewhere)) {
    for (const [language, file] of Object.entries(languages)) {
      expect(
        blocks.get(page)?.some((block) => block.language === language),
        `${page}: ${language}`,
      ).toBe(true);
      expect(globSync(file, { cwd: root }), `${page}: ${language}`).toHaveLength(1);
    }
  }
});
