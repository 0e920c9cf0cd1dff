import { hasPostgres, startPostgres, temporaryDirectory } from "@agentgate/testing";
import pg from "pg";
import { atLeast, type BenchCase } from "../harness/case.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { syncsPerSecond } from "../harness/disk.ts";
import { type LedgerLoad, type LedgerMeasurement, runLedgerLoad } from "../harness/ledger-load.ts";
import { quantile } from "../harness/statistics.ts";

interface Contender extends Pick<LedgerLoad, "work" | "concurrency" | "wallets"> {
  name: string;
  engine: "sqlite" | "postgres";
  nodes?: number;
}

const busy = { concurrency: 128, wallets: 1 };

const contenders: readonly Contender[] = [
  { name: "sqlite, bare rows", engine: "sqlite", work: "bare rows", ...busy },
  { name: "sqlite, one hot wallet", engine: "sqlite", work: "ledger", ...busy },
  { name: "sqlite, 100 wallets", engine: "sqlite", work: "ledger", ...busy, wallets: 100 },
  { name: "sqlite, one caller alone", engine: "sqlite", work: "ledger", ...busy, concurrency: 1 },
  { name: "postgres, bare rows", engine: "postgres", work: "bare rows", ...busy },
  { name: "postgres, one hot wallet", engine: "postgres", work: "ledger", ...busy },
  { name: "postgres, one hot wallet, two nodes", engine: "postgres", work: "ledger", ...busy, nodes: 2 },
  { name: "postgres, one caller alone", engine: "postgres", work: "ledger", ...busy, concurrency: 1 },
];

/** Durable reserve + settle pairs: what a paid task costs the ledger. */
export const ledger: BenchCase = {
  name: "ledger",
  title:
    "durable reserve + settle pairs, 128 callers that wait for their answers, beside bare rows committed in the same groups",
  async run({ cores, trials, measuredMs, progress }) {
    const postgres = hasPostgres() ? await startPostgres() : undefined;
    const disk = temporaryDirectory("bench-disk");
    try {
      const syncs = syncsPerSecond(disk.path, measuredMs / 2);
      const able = contenders.filter(({ engine }) => engine === "sqlite" || postgres);
      const results = await interleave({ trials, progress }, able, (contender) =>
        measure(contender, { databaseUrl: postgres?.url, core: cores.server, measuredMs }),
      );
      const median = (name: string) =>
        quantile(
          results.get(name)!.map(({ pairsPerSecond }) => pairsPerSecond),
          0.5,
        );
      return {
        rows: toRows(results, {
          "pairs/s": ({ pairsPerSecond }) => pairsPerSecond,
          "cpu µs/pair": ({ cpuMicrosPerPair }) => cpuMicrosPerPair,
          "core busy %": ({ coreBusy }) => coreBusy * 100,
          "p50 ms": ({ p50Ms }) => p50Ms,
          "p99 ms": ({ p99Ms }) => p99Ms,
        }),
        targets: [
          atLeast("pairs on SQLite, one core", 2_000, "/s", median("sqlite, one hot wallet")),
          ...(postgres
            ? [atLeast("pairs on one hot wallet, PostgreSQL", 1_500, "/s", median("postgres, one hot wallet"))]
            : []),
        ],
        notes: [
          `the disk makes ${Math.round(syncs)} writes of 4 KiB a second durable, one after the other`,
          "core busy near 100 %: bound by CPU; far below: by waiting for commits (or, on PostgreSQL, for the server on the other core)",
          "cpu is the gateway's side, its database thread included, the PostgreSQL server not",
          ...(postgres ? [] : ["PostgreSQL is not installed"]),
        ],
        objections: [...results].flatMap(([name, trials]) =>
          [...new Set(trials.flatMap(({ objections }) => objections))].map((objection) => `${name}: ${objection}`),
        ),
      };
    } finally {
      disk.remove();
      await postgres?.stop();
    }
  },
};

async function measure(
  { engine, nodes = 1, work, concurrency, wallets }: Contender,
  { databaseUrl, core, measuredMs }: { databaseUrl: string | undefined; core: number | undefined; measuredMs: number },
): Promise<LedgerMeasurement> {
  const data = temporaryDirectory("bench-ledger");
  const database = engine === "postgres" && databaseUrl !== undefined ? await createDatabase(databaseUrl) : undefined;
  const load: LedgerLoad = {
    ...{ work, wallets, dataDirectory: data.path, shared: nodes > 1, warmUpMs: 500, measuredMs },
    concurrency: concurrency / nodes,
    ...(database && { databaseUrl: database.url }),
  };
  try {
    return sum(await Promise.all(Array.from({ length: nodes }, () => runLedgerLoad(load, core))));
  } finally {
    data.remove();
    await database?.drop();
  }
}

/** Each measurement begins with empty books. */
async function createDatabase(serverUrl: string) {
  const name = `bench_${Date.now().toString(36)}`;
  const execute = async (text: string) => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(text);
    await client.end();
  };
  await execute(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(`drop database ${name} with (force)`) };
}

/** What several nodes did together. */
function sum(nodes: readonly LedgerMeasurement[]): LedgerMeasurement {
  const total = (figure: (node: LedgerMeasurement) => number) => nodes.reduce((sum, node) => sum + figure(node), 0);
  const pairsPerSecond = total((node) => node.pairsPerSecond);
  return {
    pairsPerSecond,
    cpuMicrosPerPair: total((node) => node.cpuMicrosPerPair * node.pairsPerSecond) / pairsPerSecond,
    coreBusy: total((node) => node.coreBusy),
    p50Ms: Math.max(...nodes.map((node) => node.p50Ms)),
    p99Ms: Math.max(...nodes.map((node) => node.p99Ms)),
    objections: nodes.flatMap((node) => node.objections),
  };
}
