import { eventStreamType } from "@agentgate/protocol/site";
import type { Reply } from "../exchange/exchange.ts";
import type { JsonObject } from "../exchange/read-json.ts";
import { SiteError } from "../exchange/site-error.ts";
import { validate } from "../schema/validate.ts";
import { after, isThenable, type MaybePromise } from "./after.ts";
import { Call } from "./call.ts";
import { type Delivery, inTime } from "./delivery.ts";
import type { Operation } from "./operation.ts";

/** @throws SiteError `invalid_input` with its issues */
export const checkInput = (operation: Operation, args: JsonObject): MaybePromise<unknown> =>
  after(validate(operation.input, args), (result) => {
    if ("value" in result) return result.value;
    const { issues } = result;
    const where = issues[0]?.path ? ` at ${issues[0].path}` : "";
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
    const message = `The arguments of ${operation.label} are not valid: ${issues[0]?.message}${where}${more}`;
    throw new SiteError("invalid_input", message, { issues });
  });

/** Runs the handler once and checks what it returns. @returns the value for the wire */
export const runHandler = (operation: Operation, input: unknown, call: Call): MaybePromise<unknown> =>
  after(operation.options.handler(input, call), (returned) =>
    after(validate(operation.output, returned), (result) => {
      if ("value" in result) return result.value;
      throw new Error(
        `${operation.label} returned what its output schema does not allow: ${JSON.stringify(result.issues)}`,
      );
    }),
  );

/** Runs the work of an operation and answers with its reply, as a stream when the caller wants one. */
export function deliver(delivery: Delivery, work: (call: Call) => MaybePromise<Reply>): MaybePromise<Reply> {
  const { operation, exchange } = delivery;
  if (operation.options.stream && exchange.header("accept")?.includes(eventStreamType)) {
    // Loaded by the first stream: most sites have none.
    return import("./stream-reply.ts").then(({ streamReply }) => streamReply(delivery, work));
  }
  const call = new Call(delivery);
  const reply = work(call);
  return isThenable(reply) ? inTime(delivery, call, reply) : reply;
}
