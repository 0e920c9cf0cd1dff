import type { Exchange, Reply } from "../exchange/exchange.ts";
import { type JsonObject, readArguments } from "../exchange/read-json.ts";
import { jsonReply } from "../exchange/reply.ts";
import { after, type MaybePromise } from "./after.ts";
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
export function runStateless(request: StatelessCall): MaybePromise<Reply> {
  const { site, operation, exchange } = request;
  const key = idempotencyKeyOf(exchange);
  return after(readArguments(exchange, site.bodyBytesMax), (args) =>
    after(checkInput(operation, args), (input) => {
      const run = (call: Call) =>
        after(runHandler(operation, input, call), (output) =>
          jsonReply(200, JSON.stringify(output ?? null), operation.headers),
        );
      const work = key === undefined ? run : (call: Call) => runOnce(request, key, args, async () => run(call));
      return deliver(request, work);
    }),
  );
}

function runOnce(
  { site, operation, caller }: StatelessCall,
  key: string,
  args: JsonObject,
  work: () => Promise<Reply>,
) {
  const scope = `${caller.owner}\n${operation.label}`;
  const leaseMs = operation.timeoutMs + leaseGraceMs;
  const repeatable = operation.options.idempotent ?? false;
  return once({ replies: site.replies, now: site.now, scope, key, args, leaseMs, repeatable }, work);
}
