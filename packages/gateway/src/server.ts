import pino from "pino";
import { createGateway, type Gateway } from "./app.ts";
import type { Config } from "./config.ts";
import { failPointFrom } from "./ledger/index.ts";
import { systemClock, systemRandom } from "./runtime/index.ts";

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

/** How long a stopping node goes on answering new connections, so that balancers and kept-alive callers notice. */
const LAME_DUCK_MS = 500;

/**
 * Puts a gateway together and listens.
 * @throws StartError when the port is taken or the database cannot be opened
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const failPoint = failPointFrom(process.env.AGENTGATE_FAILPOINT);
  const world = { clock: systemClock, random: systemRandom, log, failPoint };
  const gateway = await createGateway(config, world).catch((error) => {
    throw new StartError(`Cannot open the database (${whereDataLives(config)}): ${error.message}`, { cause: error });
  });
  let url: string;
  try {
    url = await gateway.http.listen({ host: config.host, port: config.port });
  } catch (error) {
    await gateway.close(0);
    throw listenError(error, config);
  }
  gateway.start();
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    gateway.beginStop();
    const open = await new Promise<number>((resolve) =>
      gateway.http.server.getConnections((_, count) => resolve(count ?? 0)),
    );
    if (open > 0) await new Promise((resolve) => setTimeout(resolve, LAME_DUCK_MS));
    await gateway.close(config.drainSeconds * 1000);
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

/** The database's place, without the password. */
function whereDataLives({ databaseUrl, dataDirectory }: Config): string {
  if (databaseUrl === undefined) return dataDirectory;
  const { protocol, host, pathname } = new URL(databaseUrl);
  return `${protocol}//${host}${pathname}`;
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
