/** No name server knows it: ICANN keeps `internal` for private use, and the dialer looks none of these names up. */
const SUFFIX = ".hosted.agentgate.internal";

/** Where an agent that the gateway runs itself is called, on whatever port it listens at the moment. */
export const hostedUrl = (agentId: string): string => `http://${agentId}${SUFFIX}`;

/** The agent that a host name stands for; undefined for any other name. */
export function hostedAgent(host: string): string | undefined {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;
}

/** The agents that run beside this gateway, and the loopback port of each, which is open to calls of that agent alone. */
export class HostedPlaces {
  readonly #ports = new Map<string, number>();

  set(agentId: string, port: number): void {
    this.#ports.set(agentId, port);
  }

  delete(agentId: string): void {
    this.#ports.delete(agentId);
  }

  portOf(agentId: string): number | undefined {
    return this.#ports.get(agentId);
  }

  /** Whether one of them listens there, so that nobody else's URL may lead to it. */
  isTaken(port: number | undefined): boolean {
    for (const taken of this.#ports.values()) if (taken === port) return true;
    return false;
  }
}
