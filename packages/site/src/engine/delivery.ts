import type { Exchange, Reply } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";
import type { FlowSession } from "../sessions/flow-session.ts";
import type { Call } from "./call.ts";
import type { Caller } from "./caller.ts";
import { withDeadline } from "./deadline.ts";
import type { Operation } from "./operation.ts";
import type { Site } from "./site.ts";

/** An operation that a caller may run, and is about to. */
export interface Delivery {
  readonly site: Site;
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly caller: Caller;
  /** With a step of a server-orchestrated flow. */
  readonly session?: FlowSession | undefined;
}

/** Waits for the work of an operation until its time is up. What goes wrong later is reported. */
export function inTime({ operation, site }: Delivery, call: Call, work: PromiseLike<Reply>): Promise<Reply> {
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
