import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface RedisService {
  url: string;
  port: number;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export const hasRedis = (): boolean => findProgram("redis-server") !== undefined;

/** A private redis-server on a free (or the given) port, without persistence. */
export async function startRedis(options: { port?: number } = {}): Promise<RedisService> {
  const program = findProgram("redis-server");
  if (!program) throw new Error("redis-server is not installed (Debian: apt-get install redis-server)");
  const port = options.port ?? (await freePort());
  const directory = temporaryDirectory("redis");
  const args = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    directory.path,
  ];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stdout.on("data", (chunk) => {
      log += chunk;
      if (log.includes("Ready to accept connections")) resolve();
    });
    exited.then(() => reject(new Error(`redis-server did not start:\n${log}`)), reject);
  });
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill(signal);
    await exited;
    directory.remove();
  };
  return { url: `redis://127.0.0.1:${port}`, port, kill: end("SIGKILL"), stop: end("SIGTERM") };
}
