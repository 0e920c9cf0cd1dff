import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What a load process is to do. */
export interface LedgerLoad {
  /** The ledger, or bare rows in the same groups as the baseline. */
  work: "ledger" | "bare rows";
  dataDirectory: string;
  databaseUrl?: string;
  /** Callers that each wait for their answer before they ask again. */
  concurrency: number;
  /** Wallets that pay; 1 is one hot wallet. */
  wallets: number;
  /** Another process works on the same books. */
  shared?: boolean;
  warmUpMs: number;
  measuredMs: number;
}

/** A pair is one reserve and one settle, both durable when answered. */
export interface LedgerMeasurement {
  pairsPerSecond: number;
  cpuMicrosPerPair: number;
  /** CPU seconds per second of the load process: 1 is a whole core. */
  coreBusy: number;
  p50Ms: number;
  p99Ms: number;
  /** Why the figures may not be quoted. */
  objections: string[];
}

/** Runs one load process, on one core when given. */
export async function runLedgerLoad(load: LedgerLoad, core: number | undefined): Promise<LedgerMeasurement> {
  const script = fileURLToPath(new URL("../servers/ledger-load.ts", import.meta.url));
  const command = [process.execPath, "--conditions=agentgate-source", script, JSON.stringify(load)];
  const [file, ...args] = core === undefined ? command : ["taskset", "--cpu-list", `${core}`, ...command];
  const { stdout } = await promisify(execFile)(file!, args, {
    env: { PATH: process.env.PATH, NODE_ENV: "production" },
  });
  return JSON.parse(stdout) as LedgerMeasurement;
}
