import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync } from "node:fs";
import { findProgram } from "./find-program.ts";
import { startOnFreePort } from "./start-on-free-port.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface PostgresService {
  /** Of the maintenance database; tests make their own with `createDatabase`. */
  url: string;
  stop(): Promise<void>;
}

const program = (name: string) => findProgram(name, "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin");

export const hasPostgres = (): boolean => program("initdb") !== undefined;

/** PostgreSQL refuses to run as root: then it runs as the system's postgres (or nobody) user. */
function serverOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, user], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {}
  }
  throw new Error("PostgreSQL cannot run as root and neither a postgres nor a nobody user exists");
}

/**
 * A private PostgreSQL cluster in a temporary directory, durable as a real one. With `isSpared` it does not wait for its disk: who kills
 * processes, but cuts no power, sees no difference. With `at`, a directory, it goes on with what it finds there, and leaves it.
 */
export async function startPostgres({
  isSpared = false,
  at,
}: {
  isSpared?: boolean;
  at?: string | undefined;
} = {}): Promise<PostgresService> {
  const initdb = program("initdb");
  const postgres = program("postgres");
  if (!initdb || !postgres) throw new Error("PostgreSQL is not installed (Debian: apt-get install postgresql)");
  const owner = serverOwner();
  const directory = at === undefined ? temporaryDirectory("postgres", owner) : keptDirectory(at, owner);
  const run = { ...owner, cwd: directory.path, env: { PATH: process.env.PATH, LC_ALL: "C" } };
  const data = `${directory.path}/data`;
  const flags = ["-D", data, "-U", "agentgate", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"];
  if (!existsSync(`${data}/PG_VERSION`))
    execFileSync(initdb, flags, { ...run, stdio: ["ignore", "ignore", "inherit"] });
  const { child, exited, port } = await startOnFreePort((port) =>
    start(postgres, data, port, run, isSpared ? { fsync: "off", full_page_writes: "off" } : {}),
  );
  return {
    url: `postgres://agentgate@127.0.0.1:${port}/postgres`,
    async stop() {
      child.kill(at === undefined ? "SIGQUIT" : "SIGINT");
      await exited;
      directory.remove();
    },
  };
}

function keptDirectory(path: string, owner: { uid: number; gid: number } | undefined) {
  mkdirSync(path, { recursive: true });
  if (owner) chownSync(path, owner.uid, owner.gid);
  return { path, remove: () => {} };
}

async function start(postgres: string, data: string, port: number, run: SpawnOptions, more: Record<string, string>) {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    authentication_timeout: "10min",
    ...more,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(postgres, ["-D", data, ...flags], { ...run, stdio: ["ignore", "ignore", "pipe"] });
  const stderr = child.stderr!;
  const exited = once(child, "exit");
  await new Promise<void>((resolve, reject) => {
    let log = "";
    stderr.on("data", (chunk) => {
      log = (log + chunk).slice(-8192);
      if (log.includes("ready to accept connections")) resolve();
    });
    exited.then(() => reject(new Error(`PostgreSQL did not start:\n${log}`)), reject);
  });
  return { child, exited, port };
}
