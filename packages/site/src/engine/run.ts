import { eventStreamType } from "@agentgate/protocol/site";
import type { Reply } from "../exchange/exchange.ts";
import type { JsonObject } from "../exchange/read-json.ts";
import { SiteError } from "../exchange/site-error.ts";
import { type Validation, validate } from "../schema/validate.ts";
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

/** The handler has run, but what it returned is no answer. Running it again would repeat its effects. */
export class UnusableOutput extends Error {
  override readonly name = "UnusableOutput";
  constructor({ label }: Operation, cause: unknown) {
    super(`${label} has run, but ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Runs the handler once, checks what it returns and writes it down at once: nothing of it is looked at a second time.
 * @returns JSON for the wire
 * @throws UnusableOutput when the handler has run; whatever the handler throws when it has failed
 */
export function runHandler(operation: Operation, input: unknown, call: Call): MaybePromise<string> {
  const returned: unknown = operation.options.handler(input, call);
  try {
    if (!isThenable(returned)) return write(operation, returned);
  } catch (error) {
    throw unusable(operation, error);
  }
  return Promise.resolve(returned).then((value) => write(operation, value));
}

function write(operation: Operation, returned: unknown): MaybePromise<string> {
  try {
    const result = validate(operation.output, returned);
    if (!isThenable(result)) return toJson(result);
    return Promise.resolve(result)
      .then(toJson)
      .catch((error) => {
        throw unusable(operation, error);
      });
  } catch (error) {
    throw unusable(operation, error);
  }
}

function toJson(result: Validation): string {
  if ("value" in result) return JSON.stringify(result.value ?? null) ?? "null";
  throw new Error(`returned what its output schema does not allow: ${JSON.stringify(result.issues)}`);
}

const unusable = (operation: Operation, error: unknown) =>
  error instanceof UnusableOutput ? error : new UnusableOutput(operation, error);

/** Whether the caller takes a stream: `q=0` says that it does not (RFC 9110 §12.4.2). */
const accepts = (accept = ""): boolean =>
  accept
    .toLowerCase()
    .split(",")
    .some((range) => range.includes(eventStreamType) && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(range));

/** Runs the work of an operation and answers with its reply, as a stream when the caller wants one. */
export function deliver(delivery: Delivery, work: (call: Call) => MaybePromise<Reply>): MaybePromise<Reply> {
  const { operation, exchange } = delivery;
  if (operation.options.stream && accepts(exchange.header("accept"))) {
    // Loaded by the first stream: most sites have none.
    return import("./stream-reply.ts").then(({ streamReply }) => streamReply(delivery, work));
  }
  const call = new Call(delivery);
  const reply = work(call);
  return isThenable(reply) ? inTime(delivery, call, reply) : reply;
}
