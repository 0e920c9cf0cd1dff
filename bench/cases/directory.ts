import { type AddressInfo, createServer } from "node:net";
import { hasPostgres, startPostgres, temporaryDirectory } from "@agentgate/testing";
import pg from "pg";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../../packages/gateway/src/storage/index.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { type ChildServer, startServer } from "../harness/child-server.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { Directory } from "../harness/directory.ts";
import { gatewayEnv } from "../harness/gateway.ts";
import { getRequest } from "../harness/http-connection.ts";
import { openLoop } from "../harness/open-loop.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";

const AGENTS = 100_000;
const RATE_PER_SECOND = 20;
const WARM_UP_MS = 250;

/** Listing and searching a large directory, over HTTP. */
export const directory: BenchCase = {
  name: "directory",
  title: `lists and searches of ${AGENTS} agents, each kind ${RATE_PER_SECOND} times a second, open loop, a new question every time`,
  async run({ cores, trials, measuredMs, progress }) {
    const silent = await startSilentAgent();
    const postgres = hasPostgres() ? await startPostgres() : undefined;
    const gateways: { engine: string; gateway: ChildServer }[] = [];
    try {
      for (const databaseUrl of postgres ? [undefined, postgres.url] : [undefined]) {
        const engine = databaseUrl === undefined ? "SQLite" : "PostgreSQL";
        progress(`filling ${engine} with ${AGENTS} agents`);
        gateways.push({
          engine,
          gateway: await startDirectory({ agentUrl: silent.url, databaseUrl, core: cores.server }),
        });
      }
      const questions = new Directory(silent.url, 2);
      const contenders = gateways.flatMap(({ engine, gateway }) =>
        Object.entries(kinds).map(([kind, path]) => ({ name: `${engine}: ${kind}`, engine, gateway, path })),
      );
      const results = await interleave({ trials, progress }, contenders, ({ gateway: { port }, path }) =>
        openLoop({
          port,
          request: () => getRequest(path(questions)),
          ratePerSecond: RATE_PER_SECOND,
          warmUpMs: WARM_UP_MS,
          measuredMs: measuredMs / 4,
        }),
      );
      return {
        rows: toRows(results, {
          "p50 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.5),
          "p99 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.99),
          "max ms": ({ latenciesMs }) => quantile(latenciesMs, 1),
        }),
        targets: gateways.map(({ engine }) => {
          const own = contenders.filter(
            ({ name, engine: itsEngine }) => itsEngine === engine && !name.includes("1,000"),
          );
          const all = own.flatMap(({ name }) => results.get(name)!.flatMap(({ latenciesMs }) => [...latenciesMs]));
          return atMost(`p99 of all that ask for 50 agents, ${engine}`, 20, "ms", quantile(all, 0.99));
        }),
        notes: postgres ? [] : ["PostgreSQL is not installed"],
        objections: contenders.flatMap(({ name }) => objectionsTo(name, results.get(name)!)),
      };
    } finally {
      for (const { gateway } of gateways) await gateway.stop();
      await postgres?.stop();
      silent.stop();
    }
  },
};

const search = (query: Record<string, string | number>) =>
  `/agents/search?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]))}`;
const word = (directory: Directory) => directory.pick(directory.words);
const tag = (directory: Directory) => directory.pick(directory.tags);
const deep = (directory: Directory) => AGENTS - 1_000 + directory.below(900);

/** A part of a word, of so many characters. */
function part(directory: Directory, length: number): string {
  const whole = word(directory);
  const at = directory.below(Math.max(1, whole.length - length + 1));
  return whole.slice(at, at + length);
}

/** What is asked for; paths of new requests. */
const kinds: Record<string, (directory: Directory) => string> = {
  "list, 50": () => "/agents/?limit=50",
  "list, 1,000": () => "/agents/",
  "list, 50, the last pages": (directory) => `/agents/?limit=50&offset=${deep(directory)}`,
  "list by skill, 50": (directory) => `/agents/?limit=50&skill=${word(directory)}`,
  "list by tag, 50": (directory) => `/agents/?limit=50&tag=${tag(directory)}`,
  "list by tag, 1,000": (directory) => `/agents/?tag=${tag(directory)}`,
  "search, all": () => search({}),
  "search, all, by name, the last pages": (directory) => search({ sort: "name", offset: deep(directory) }),
  "search, word": (directory) => search({ q: word(directory) }),
  "search, word, by name": (directory) => search({ q: word(directory), sort: "name" }),
  "search, word, by version": (directory) => search({ q: word(directory), sort: "version" }),
  "search, word, by rating": (directory) => search({ q: word(directory), sort: "rating" }),
  "search, word, later pages": (directory) => search({ q: word(directory), offset: directory.below(950) }),
  "search, part of a word": (directory) => search({ q: part(directory, 3 + directory.below(2)) }),
  "search, 1 or 2 characters": (directory) => search({ q: part(directory, 1 + directory.below(2)) }),
  "search, skill": (directory) => search({ skill: word(directory) }),
  "search, tag": (directory) => search({ tags: tag(directory) }),
  "search, two tags, by rating": (directory) => search({ tags: `${tag(directory)},${tag(directory)}`, sort: "rating" }),
  "search, word, tag and skill": (directory) =>
    search({ q: word(directory), tags: tag(directory), skill: word(directory) }),
  "search, nothing to find": (directory) => search({ q: `${word(directory)}qx` }),
  "search, all, by calls": (directory) => search({ sort: "calls", offset: directory.below(500) }),
  "search, all, by price": (directory) => search({ sort: "price", offset: directory.below(500) }),
  "search, price and protocol": (directory) =>
    search({ price_max: directory.below(200) / 100, protocol: "a2a", sort: "price" }),
  "search, rating and health, few": (directory) =>
    search({ rating_min: 3 + directory.below(20) / 10, health: "unhealthy", sort: "calls" }),
  "search, word, healthy, by calls": (directory) => search({ q: word(directory), health: "healthy", sort: "calls" }),
  "search, word, price and rating": (directory) =>
    search({ q: word(directory), price_max: directory.below(100) / 100, rating_min: 4 }),
  "search, all, facets": () => search({ facets: 1 }),
  "search, word, facets": (directory) => search({ q: word(directory), facets: 1 }),
  "by name": (directory) => `/agents/by-name/${directory.nameOf(directory.below(AGENTS))}`,
  tags: () => "/agents/tags",
};

/** A gateway whose database is full of agents. */
async function startDirectory(options: {
  agentUrl: string;
  databaseUrl: string | undefined;
  core: number | undefined;
}): Promise<ChildServer> {
  const { agentUrl, databaseUrl, core } = options;
  const data = temporaryDirectory("bench-directory");
  try {
    const storage = await openStorage({ dataDirectory: data.path, databaseUrl, clock: systemClock, log: silentLog });
    const fill = () => new Directory(agentUrl).fill(storage, AGENTS);
    await (databaseUrl === undefined ? fill() : withoutIndex(databaseUrl, fill)).finally(() => storage.close());
    const env = { ...gatewayEnv(data.path), ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) };
    const server = await startServer("gateway.js", { core, env });
    return {
      ...server,
      async stop() {
        await server.stop();
        data.remove();
      },
    };
  } catch (error) {
    data.remove();
    throw error;
  }
}

/** PostgreSQL's index is built at the end, which takes a fifth of the time. */
async function withoutIndex(databaseUrl: string, fill: () => Promise<void>): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query("select pg_get_indexdef('agents_search'::regclass) as definition");
  await client.query("drop index agents_search");
  await fill();
  await client.query(rows[0].definition);
  await client.query("vacuum analyze");
  await client.end();
}

/** Where all the agents are: it never answers, so that the gateway's health checks, 16 at a time, take no time from the searches. */
async function startSilentAgent(): Promise<{ url: string; stop(): void }> {
  const server = createServer(() => {}).unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}
