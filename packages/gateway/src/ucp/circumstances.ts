import type { FastifyRequest } from "fastify";
import { httpCallerOf } from "../routing/index.ts";
import type { Circumstances } from "./checkouts.ts";
import { currentVersion, type UcpVersion } from "./versions.ts";

/** What an order keeps of the request that placed it: an agent that buys from another is part of a chain of calls. */
export function circumstancesOf(
  request: FastifyRequest,
  { version = currentVersion, webhookUrl }: { version?: UcpVersion; webhookUrl?: string | undefined } = {},
): Circumstances {
  const { clientIp, requestId, chain, traceparent, tracestate } = httpCallerOf(request, "");
  return { clientIp, requestId, chain, traceparent, tracestate, version, webhookUrl };
}
