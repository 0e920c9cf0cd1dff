import type { Exchange, Reply } from "../exchange/exchange.ts";
import { readArguments } from "../exchange/read-json.ts";
import { jsonReply } from "../exchange/reply.ts";
import type { Call } from "./call.ts";
import type { Caller } from "./caller.ts";
import { idempotencyKeyOf, once } from "./idempotency.ts";
import type { Operation } from "./operation.ts";
import { checkInput, deliver, runHandler } from "./run.ts";
import type { Site } from "./site.ts";

const leaseGraceMs = 30_000;

export interface StatelessCall {
  readonly site: Site;
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly caller: Caller;
}

/** Runs an intent or a client-orchestrated step: arguments in, the bare result out. */
export async function runStateless(request: StatelessCall): Promise<Reply> {
  const { site, operation, exchange, caller } = request;
  const key = idempotencyKeyOf(exchange);
  const read = readArguments(exchange, site.bodyBytesMax);
  const args = read instanceof Promise ? await read : read;
  const input = await checkInput(operation, args);
  const run = async (call: Call) => {
    const output = await runHandler(operation, input, call);
    return jsonReply(200, JSON.stringify(output ?? null), operation.headers);
  };
  return deliver({ ...request, report: site.report }, (call) => {
    if (key === undefined) return run(call);
    const scope = `${caller.owner}\n${operation.label}`;
    const leaseMs = operation.timeoutMs + leaseGraceMs;
    const repeatable = operation.options.idempotent ?? false;
    return once({ replies: site.replies, now: site.now, scope, key, args, leaseMs, repeatable }, () => run(call));
  });
}
