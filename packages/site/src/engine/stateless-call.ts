import type { Exchange, Reply } from "../exchange/exchange.ts";
import { readArguments } from "../exchange/read-json.ts";
import { jsonReply } from "../exchange/reply.ts";
import type { RecordStore } from "../sessions/record-store.ts";
import type { Call } from "./call.ts";
import type { Caller } from "./caller.ts";
import { idempotencyKeyOf, once } from "./idempotency.ts";
import type { Operation } from "./operation.ts";
import { checkInput, deliver, type ReportError, runHandler } from "./run.ts";

const leaseGraceMs = 30_000;

export interface StatelessCall {
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly replies: RecordStore;
  readonly bodyBytesMax: number;
  readonly now: () => number;
  readonly report: ReportError;
}

/** Runs an intent or a client-orchestrated step: arguments in, the bare result out. */
export async function runStateless(request: StatelessCall): Promise<Reply> {
  const { operation, exchange, caller, replies, now } = request;
  const key = idempotencyKeyOf(exchange);
  const read = readArguments(exchange, request.bodyBytesMax);
  const args = read instanceof Promise ? await read : read;
  const input = await checkInput(operation, args);
  const run = async (call: Call) => {
    const output = await runHandler(operation, input, call);
    return jsonReply(200, JSON.stringify(output ?? null), operation.headers);
  };
  return deliver(request, (call) => {
    if (key === undefined) return run(call);
    const scope = `${caller.owner}\n${operation.label}`;
    const leaseMs = operation.timeoutMs + leaseGraceMs;
    const repeatable = operation.options.idempotent ?? false;
    return once({ replies, now, scope, key, args, leaseMs, repeatable }, () => run(call));
  });
}
