import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Entrance } from "../call-log/index.ts";
import { bearerKey, reserialize, type UpgradeContext } from "../http/index.ts";
import { idempotencyKeyOf } from "../idempotency/index.ts";
import { plainAddress } from "../runtime/index.ts";
import type { TaskCaller, TaskRequest } from "./task.ts";

/** The task that an HTTP request carries. */
export function taskRequestOf(
  request: FastifyRequest,
  agentId: string,
  task: Record<string, unknown>,
  text: string,
  entrance: Entrance,
): TaskRequest {
  return { ...httpCallerOf(request, agentId), entrance, task, body: reserialize(task, text) };
}

/** Who speaks to an agent over HTTP, whatever the entrance. */
export const httpCallerOf = ({ headers, ip, id }: FastifyRequest, agentId: string): TaskCaller =>
  callerOf(headers, agentId, ip, id, idempotencyKeyOf(headers["idempotency-key"]));

/** Who sends tasks over an upgraded connection. Its one head speaks of many tasks, so it holds no Idempotency-Key of any. */
export const socketCallerOf = (
  headers: IncomingHttpHeaders,
  { params, clientIp, requestId }: UpgradeContext,
): TaskCaller => callerOf(headers, (params.id ?? "").toLowerCase(), clientIp, requestId, undefined);

function callerOf(
  headers: IncomingHttpHeaders,
  agentId: string,
  clientIp: string,
  requestId: string,
  idempotencyKey: string | undefined,
): TaskCaller {
  return {
    agentId,
    bearer: bearerKey(headers.authorization),
    payerKey: single(headers["x-agentgate-payer-key"]) || undefined,
    clientIp: plainAddress(clientIp),
    requestId,
    traceparent: single(headers.traceparent),
    tracestate: single(headers.tracestate),
    chain: single(headers["x-agentgate-chain"]),
    idempotencyKey,
  };
}

const single = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);
