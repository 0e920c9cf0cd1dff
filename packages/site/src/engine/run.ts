import { eventStreamType } from "@agentgate/protocol/site";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import type { JsonObject } from "../exchange/read-json.ts";
import { toSiteError } from "../exchange/reply.ts";
import { SiteError } from "../exchange/site-error.ts";
import { validate } from "../schema/validate.ts";
import type { FlowSession } from "../sessions/flow-session.ts";
import { Call, CallerGone } from "./call.ts";
import type { Caller } from "./caller.ts";
import { withDeadline } from "./deadline.ts";
import { EventStream } from "./event-stream.ts";
import type { Operation } from "./operation.ts";

/** Told about every error whose cause the agent does not get to see. */
export type ReportError = (error: unknown, operation: string) => void;

/** @throws SiteError `invalid_input` with its issues */
export async function checkInput(operation: Operation, args: JsonObject): Promise<unknown> {
  const outcome = validate(operation.input, args);
  const result = outcome instanceof Promise ? await outcome : outcome;
  if ("value" in result) return result.value;
  const [first] = result.issues;
  const where = first?.path ? ` at ${first.path}` : "";
  const more = result.issues.length > 1 ? ` (and ${result.issues.length - 1} more)` : "";
  throw new SiteError(
    "invalid_input",
    `The arguments of ${operation.label} are not valid: ${first?.message}${where}${more}`,
    {
      issues: result.issues,
    },
  );
}

/** Runs the handler once and checks what it returns. @returns the value for the wire */
export async function runHandler(operation: Operation, input: unknown, call: Call): Promise<unknown> {
  const returned = operation.options.handler(input, call);
  const raw = returned instanceof Promise ? await returned : returned;
  const outcome = validate(operation.output, raw);
  const result = outcome instanceof Promise ? await outcome : outcome;
  if ("value" in result) return result.value;
  throw new Error(
    `${operation.label} returned what its output schema does not allow: ${JSON.stringify(result.issues)}`,
  );
}

interface Delivery {
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly report: ReportError;
  /** With a step of a server-orchestrated flow. */
  readonly session?: FlowSession | undefined;
}

/** Runs the work of an operation and answers with its reply, as a stream when the caller wants one. */
export function deliver(delivery: Delivery, work: (call: Call) => Promise<Reply>): Reply | Promise<Reply> {
  const { operation, exchange, caller, session } = delivery;
  if (!operation.options.stream || !wantsStream(exchange)) {
    const call = new Call({ exchange, caller, session });
    return inTime(delivery, call, work(call));
  }
  const events = new EventStream(() => call.abort(new CallerGone()));
  const call = new Call({ exchange, caller, session, events });
  inTime(delivery, call, work(call)).then(
    (reply) => events.end(reply.status < 400 ? "result" : "error", reply.body as string),
    (error) => {
      const visible = toSiteError(error);
      if (visible.code === "internal_error" && !(error instanceof CallerGone)) delivery.report(error, operation.label);
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

function inTime({ operation, report }: Delivery, call: Call, work: Promise<Reply>): Promise<Reply> {
  return withDeadline(work, operation.timeoutMs, () => {
    const error = new SiteError(
      "timeout",
      `${operation.label} took longer than ${operation.timeoutMs} ms. Try again later.`,
    );
    call.abort(error);
    work.catch((late) => late !== error && report(late, operation.label));
    return error;
  });
}
