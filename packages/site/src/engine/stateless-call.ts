import type { Exchange, Reply } from "../exchange/exchange.ts";
import { type JsonObject, readArguments } from "../exchange/read-json.ts";
import { jsonReply } from "../exchange/reply.ts";
import { after, type MaybePromise } from "./after.ts";
import type { Call } from "./call.ts";
import type { Caller } from "./caller.ts";
import { holderOf } from "./holder.ts";
import { idempotencyKeyOf, type KeyedCall, once } from "./idempotency.ts";
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
        after(runHandler(operation, input, call), (output) => jsonReply(200, output, operation.headers));
      if (key === undefined) return deliver(request, run);
      return once(keyed(request, key, args), (keep) => deliver(request, (call) => keep(() => run(call))));
    }),
  );
}

const keyed = ({ site, operation, exchange, caller }: StatelessCall, key: string, args: JsonObject): KeyedCall => ({
  site,
  holder: holderOf(site, exchange, caller),
  scope: `${caller.owner}\n${operation.label}`,
  key,
  args,
  leaseMs: operation.timeoutMs + leaseGraceMs,
  repeatable: operation.options.idempotent ?? false,
});
