import { eventStreamType } from "@agentgate/protocol/site";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import type { JsonObject } from "../exchange/read-json.ts";
import { toSiteError } from "../exchange/reply.ts";
import { SiteError } from "../exchange/site-error.ts";
import { validate } from "../schema/validate.ts";
import type { FlowSession } from "../sessions/flow-session.ts";
import { after, isThenable, type MaybePromise } from "./after.ts";
import { Call, CallerGone } from "./call.ts";
import type { Caller } from "./caller.ts";
import { withDeadline } from "./deadline.ts";
import { EventStream } from "./event-stream.ts";
import type { Operation } from "./operation.ts";
import type { Site } from "./site.ts";

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

interface Delivery {
  readonly site: Site;
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly caller: Caller;
  /** With a step of a server-orchestrated flow. */
  readonly session?: FlowSession | undefined;
}

/** Runs the work of an operation and answers with its reply, as a stream when the caller wants one. */
export function deliver(delivery: Delivery, work: (call: Call) => MaybePromise<Reply>): MaybePromise<Reply> {
  const { operation, exchange } = delivery;
  if (!operation.options.stream || !wantsStream(exchange)) {
    const call = new Call(delivery);
    const reply = work(call);
    return isThenable(reply) ? inTime(delivery, call, reply) : reply;
  }
  const events = new EventStream(() => call.abort(new CallerGone()));
  const call = new Call(delivery, events);
  inTime(delivery, call, new Promise((resolve) => resolve(work(call)))).then(
    (reply) => events.end(reply.status < 400 ? "result" : "error", reply.body as string),
    (error) => {
      const visible = toSiteError(error);
      if (visible.code === "internal_error" && !(error instanceof CallerGone))
        delivery.site.report(error, operation.label);
      events.end("error", JSON.stringify(visible.toBody()));
    },
  );
  return { status: 200, headers: { ...streamHeaders, ...operation.headers }, body: events };
}

const streamHeaders = {
  "content-type": `${eventStreamType}; charset=utf-8`,
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

const wantsStream = (exchange: Exchange) => exchange.header("accept")?.includes(eventStreamType) ?? false;

function inTime({ operation, site }: Delivery, call: Call, work: PromiseLike<Reply>): Promise<Reply> {
  return withDeadline(work, operation.timeoutMs, () => {
    const error = new SiteError(
      "timeout",
      `${operation.label} took longer than ${operation.timeoutMs} ms. Try again later.`,
    );
    call.abort(error);
    work.then(undefined, (late) => late !== error && site.report(late, operation.label));
    return error;
  });
}
