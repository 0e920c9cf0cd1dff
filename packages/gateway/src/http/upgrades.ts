import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import proxyAddr from "@fastify/proxy-addr";
import type { FastifyInstance } from "fastify";
import type { Random } from "../runtime/index.ts";
import { requestIdOf } from "./request-id.ts";

/** A request to change protocols, as far as every face needs it. */
export interface UpgradeContext {
  /** The named parts of the path. */
  params: Record<string, string>;
  clientIp: string;
  requestId: string;
}

export type UpgradeHandler = (request: IncomingMessage, head: Buffer, context: UpgradeContext) => void;

export interface UpgradeOptions {
  random: Random;
  trustedProxies: readonly string[];
}

/**
 * Hands WebSocket upgrades to the route whose pattern (with named groups) matches the path, in both slash forms and under
 * `/v1`; any other upgrade is answered 404.
 */
export function serveUpgrades(
  app: FastifyInstance,
  { random, trustedProxies }: UpgradeOptions,
  routes: readonly { pattern: RegExp; handler: UpgradeHandler }[],
): void {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  const requestId = requestIdOf(random);
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const path = (request.url ?? "/")
      .split("?", 1)[0]!
      .replace(/^\/v1(?=\/)/, "")
      .replace(/(.)\/$/, "$1");
    for (const { pattern, handler } of routes) {
      const match = pattern.exec(path);
      if (!match) continue;
      const clientIp =
        trustedProxies.length > 0 ? proxyAddr(request, isTrusted) : (request.socket.remoteAddress ?? "unknown");
      return handler(request, head, { params: { ...match.groups }, clientIp, requestId: requestId(request) });
    }
    return socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
}
