import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import { plainAddress } from "../runtime/index.ts";

/** Whether this address of the way a request came may name the one before it. */
export type TrustsProxy = (address: string) => boolean;

/** Undefined where no proxy is trusted. @param proxies addresses or CIDR ranges */
export function trustIn(proxies: readonly string[]): TrustsProxy | undefined {
  if (proxies.length === 0) return undefined;
  const trusts = proxyAddr.compile([...proxies]);
  // Some proxies write a port behind the address that they had the request from.
  return (address) => trusts(plainAddress(address), 0);
}

/** Whose request it is: the peer or, behind trusted proxies, the nearest address on its way that is none of theirs. In its one spelling. */
export const clientAddressOf = (request: IncomingMessage, trusts: TrustsProxy | undefined): string =>
  plainAddress(trusts ? proxyAddr(request, trusts) : request.socket.remoteAddress);
