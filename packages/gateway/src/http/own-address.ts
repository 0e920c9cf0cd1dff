import type { AddressInfo } from "node:net";

/**
 * Where a server is reached when no public URL is set.
 *
 * @param address what it listens on, if it does already
 */
export function ownAddress(
  address: AddressInfo | string | null | undefined,
  configured: { host: string; port: number },
): string {
  const port = typeof address === "object" && address ? address.port : configured.port;
  const host = ["0.0.0.0", "::"].includes(configured.host) ? "127.0.0.1" : configured.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
