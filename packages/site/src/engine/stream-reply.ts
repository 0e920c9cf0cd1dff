import { eventStreamType } from "@agentgate/protocol/site";
import type { Reply } from "../exchange/exchange.ts";
import { isSecret, toSiteError } from "../exchange/reply.ts";
import type { MaybePromise } from "./after.ts";
import { Call, CallerGone } from "./call.ts";
import { type Delivery, inTime } from "./delivery.ts";
import { EventStream } from "./event-stream.ts";

const streamHeaders = {
  "content-type": `${eventStreamType}; charset=utf-8`,
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** Runs the work of an operation and answers with its events, of which the last is its reply. */
export function streamReply(delivery: Delivery, work: (call: Call) => MaybePromise<Reply>): Reply {
  const { site, operation } = delivery;
  const events = new EventStream(() => call.abort(new CallerGone()));
  const call = new Call(delivery, events);
  inTime(delivery, call, new Promise((resolve) => resolve(work(call)))).then(
    (reply) => events.end(reply.status < 400 ? "result" : "error", reply.body as string),
    (error) => {
      const visible = toSiteError(error);
      if (isSecret(visible) && !(error instanceof CallerGone)) site.report(error, operation.label);
      events.end("error", JSON.stringify(visible.toBody()));
    },
  );
  return { status: 200, headers: { ...streamHeaders, ...operation.headers }, body: events };
}
