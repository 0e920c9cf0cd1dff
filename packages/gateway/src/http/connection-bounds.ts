import { readFileSync } from "node:fs";

/** Connections that are let in, where the system does not tell how many there can be. */
const CONNECTIONS_MAX = 50_000;
const CONNECTIONS_PER_NETWORK = 2_048;

/** What is left of the process's file descriptors for its clients: the database, agents and files need some, too. */
const CLIENTS_PART = 3 / 4;

/**
 * How many connections of clients the process has file descriptors for; undefined where the system does not tell (Node.js has raised its
 * own bound as far as it may be).
 */
function connectionsByDescriptors(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Math.floor(Number(soft) * CLIENTS_PART);
  } catch {
    return undefined;
  }
}

/** How many connections there may be, in all and of one network, where the settings do not say. */
export function connectionBounds({
  connectionsMax,
  connectionsPerAddress,
}: {
  connectionsMax: number | undefined;
  connectionsPerAddress: number | undefined;
}): { total: number; perNetwork: number } {
  const total = connectionsMax ?? Math.min(connectionsByDescriptors() ?? CONNECTIONS_MAX, CONNECTIONS_MAX);
  const perNetwork = connectionsPerAddress ?? Math.max(1, Math.min(CONNECTIONS_PER_NETWORK, Math.floor(total / 4)));
  return { total, perNetwork };
}
