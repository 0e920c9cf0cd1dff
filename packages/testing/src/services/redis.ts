import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "./find-program.ts";
import { startOnFreePort } from "./start-on-free-port.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface RedisService {
  url: string;
  port: number;
  /** Makes it stand still: it keeps its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export const hasRedis = (): boolean => findProgram("redis-server") !== undefined;

/** A private redis-server on a free (or the given) port, without persistence. */
export const startRedis = ({ port }: { port?: number } = {}): Promise<RedisService> =>
  port === undefined ? startOnFreePort(startOn) : startOn(port);

async function startOn(port: number): Promise<RedisService> {
  const program = findProgram("redis-server");
  if (!program) throw new Error("redis-server is not installed (Debian: apt-get install redis-server)");
  const directory = temporaryDirectory("redis");
  const address = ["--port", `${port}`, "--bind", "127.0.0.1"];
  const args = [...address, "--save", "", "--appendonly", "no", "--dir", directory.path];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stdout.on("data", (chunk) => {
      log = (log + chunk).slice(-8192);
      if (log.includes("Ready to accept connections")) resolve();
    });
    exited.then(() => {
      directory.remove();
      reject(new Error(`redis-server did not start:\n${log}`));
    }, reject);
  });
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill("SIGCONT");
    child.kill(signal);
    await exited;
    directory.remove();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    kill: end("SIGKILL"),
    stop: end("SIGTERM"),
  };
}
