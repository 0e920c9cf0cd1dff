import type { FastifyRequest } from "fastify";
import { gatewayPrincipal } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import { plainAddress } from "../runtime/index.ts";

/** Who makes a change, and how it came: handed down to whatever makes it. */
export interface By {
  readonly caller: Principal;
  readonly requestId: string | null;
  /** Where the request came from. */
  readonly address: string | null;
}

/** Whoever makes this request. */
export const byCaller = (caller: Principal, { id, ip }: Pick<FastifyRequest, "id" | "ip">): By => ({
  caller,
  requestId: id,
  address: plainAddress(ip),
});

/** The gateway itself, in its own time. */
export const byGateway: By = { caller: gatewayPrincipal, requestId: null, address: null };
