import pino from "pino";
import { createGateway, type Gateway } from "./app.ts";
import type { Config } from "./config.ts";
import { systemClock, systemRandom } from "./runtime/index.ts";

/** A gateway that answers. */
export interface RunningServer {
  gateway: Gateway;
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  url: string;
  /** Drains and stops; further calls wait for the same end. */
  stop(): Promise<void>;
}

/** How long a stopping node goes on answering new connections, so that balancers and kept-alive callers notice. */
const LAME_DUCK_MS = 500;

/**
 * Puts a gateway together and listens.
 * @throws when the port is taken or the database cannot be opened
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const gateway = await createGateway(config, { clock: systemClock, random: systemRandom, log });
  let url: string;
  try {
    url = await gateway.http.listen({ host: config.host, port: config.port });
  } catch (error) {
    await gateway.close(0);
    throw error;
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
