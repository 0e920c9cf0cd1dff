import { lookup } from "node:dns/promises";
import pino from "pino";
import { createGateway, type Gateway } from "./app.ts";
import { type Config, configWarnings } from "./config/index.ts";
import { failPointFrom } from "./ledger/index.ts";
import { keepGarbageYoung, skipMidTierCompiler, systemClock, systemRandom } from "./runtime/index.ts";
import { SecretKeyError } from "./secrets/index.ts";
import { DatabaseOpenError } from "./storage/index.ts";

/** A gateway that answers. */
export interface RunningServer {
  gateway: Gateway;
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  url: string;
  /** Drains and stops; further calls wait for the same end. */
  stop(): Promise<void>;
}

/** The gateway cannot start; the message says why and what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** How long a stopping node goes on answering new connections: at least, and at most while requests keep coming. */
const LAME_DUCK_MS = { min: 500, max: 5_000 };
/** So many looks in a row without a new request mean that balancers and kept-alive callers have noticed. */
const QUIET_LOOKS = 5;
const LOOK_MS = 50;

/**
 * Puts a gateway together and listens.
 * @throws StartError when the port is taken or the database cannot be opened
 */
export async function startServer(config: Config): Promise<RunningServer> {
  keepGarbageYoung();
  skipMidTierCompiler();
  const base = { node: config.nodeName };
  const log = pino({ level: config.logLevel, base }, pino.destination({ fd: 2, sync: true }));
  for (const warning of configWarnings(config, process.env)) log.warn(warning);
  const failPoint = failPointFrom(process.env.AGENTGATE_FAILPOINT);
  const world = { clock: systemClock, random: systemRandom, log, failPoint };
  const gateway = await createGateway(config, world).catch((error) => {
    if (error instanceof SecretKeyError) throw new StartError(error.message, { cause: error });
    if (!(error instanceof DatabaseOpenError))
      throw new StartError(`Cannot start: ${reasonOf(error)}`, { cause: error });
    const { cause } = error;
    const remedy = isUnusablePlace(cause) ? ". Set AGENTGATE_DATA_DIR to a directory that this user may write." : "";
    const reason = `${reasonOf(cause)}${remedy}`;
    throw new StartError(`Cannot open the database (${whereDataLives(config)}): ${reason}`, { cause });
  });
  let url: string;
  try {
    url = await gateway.http.listen({ host: await oneAddressOf(config.host), port: config.port });
  } catch (error) {
    await gateway.close(0);
    throw listenError(error, config);
  }
  await gateway.start();
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    const drainMs = config.drainSeconds * 1000;
    gateway.beginStop();
    if ((await connectionsOf(gateway)) > 0) await untilQuiet(gateway, Math.min(LAME_DUCK_MS.max, drainMs));
    await gateway.close(drainMs);
  };
  return {
    gateway,
    url,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** For `localhost` Fastify would open a second server, which knows nothing of the bounds on connections. */
const oneAddressOf = async (host: string) => (host === "localhost" ? (await lookup(host)).address : host);

const connectionsOf = ({ http }: Gateway) =>
  new Promise<number>((resolve) => http.server.getConnections((_, count) => resolve(count ?? 0)));

/** Counts looks instead of time: on a machine so busy that this process hardly runs, time alone would tell nothing. */
async function untilQuiet(gateway: Gateway, waitMsMax: number): Promise<void> {
  let quietLooks = 0;
  for (let waitedMs = 0, seen = 0; waitedMs < waitMsMax; waitedMs += LOOK_MS) {
    if (waitedMs >= LAME_DUCK_MS.min && quietLooks >= QUIET_LOOKS) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const arrived = gateway.lateArrivals();
    quietLooks = arrived === seen ? quietLooks + 1 : 0;
    seen = arrived;
  }
}

/** The database's place, without the password. */
function whereDataLives({ databaseUrl, dataDirectory }: Config): string {
  if (databaseUrl === undefined) return dataDirectory;
  const { protocol, host, pathname } = new URL(databaseUrl);
  return `${protocol}//${host}${pathname}`;
}

/** The data directory is none, cannot be made, or is not this user's. */
const isUnusablePlace = ({ code, syscall }: NodeJS.ErrnoException): boolean =>
  syscall === "mkdir" || ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code ?? "");

/** The error's words, and those of what lies at its bottom. */
function reasonOf(error: Error): string {
  let bottom: unknown = error;
  for (;;) {
    if (bottom instanceof AggregateError) bottom = bottom.errors[0];
    else if (bottom instanceof Error && bottom.cause) bottom = bottom.cause;
    else break;
  }
  return bottom instanceof Error && bottom !== error ? `${error.message}: ${bottom.message}` : error.message;
}

function listenError(error: unknown, { host, port }: Config): unknown {
  const { code } = error as { code?: string };
  if (code === "EADDRINUSE") {
    return new StartError(
      `Port ${port} on ${host} is in use. Stop what uses it, or set AGENTGATE_PORT to another port.`,
    );
  }
  if (code === "EACCES")
    return new StartError(`Port ${port} on ${host} may not be used by this user; set AGENTGATE_PORT.`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new StartError(`This machine has no address ${host}; set AGENTGATE_HOST to one it has.`);
  }
  return error;
}
