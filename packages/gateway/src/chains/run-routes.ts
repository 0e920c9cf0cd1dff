import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, requestUse } from "../access/index.ts";
import {
  type EventSink,
  formatEvent,
  idParams,
  type KeepAlives,
  onHangUp,
  openEvents,
  type Principal,
  Problem,
  type RouteDefinition,
  route,
} from "../http/index.ts";
import { idempotencyHeader } from "../idempotency/index.ts";
import type { KeyWatch } from "../orgs/index.ts";
import { caughtUp, httpCallerOf } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { chainInput, wireRun } from "./fields.ts";
import { chainRefusals, chainsTag } from "./routes.ts";
import type { ChainRunner, RunRequest } from "./runner.ts";

/** How long a run waits for a reader who lags behind, between two steps, before it is cut off. */
const READER_MS = 30_000;

const refusals = {
  ...chainRefusals,
  409: { description: "A request with this Idempotency-Key is still under way" },
  429: { description: "Too many runs are under way" },
};

export interface ChainRunSurroundings {
  keepAlives: KeepAlives;
  keyWatch: Pick<KeyWatch, "watch">;
  clock: Clock;
}

/** Running chains (contract section 7). */
export function chainRunRoutes(
  runner: ChainRunner,
  { keepAlives, keyWatch, clock }: ChainRunSurroundings,
): RouteDefinition[] {
  const common = {
    method: "POST",
    action: actions.runChains,
    tag: chainsTag,
    params: idParams,
    headers: z.object({
      "X-AgentGate-Payer-Key": z.string().optional().describe("As for a task"),
      ...idempotencyHeader,
    }),
    body: chainInput.prefault({}),
    bodyExample: { input: "Hello!" },
  } as const;
  const runRequest = (
    request: FastifyRequest,
    { id, principal, input }: { id: string; principal: Principal; input: string },
  ): RunRequest => ({
    chainId: id,
    principal,
    caller: httpCallerOf(request, ""),
    input,
    body: JSON.stringify({ input }),
  });
  return [
    route({
      ...common,
      path: "/chains/{id}/run",
      operationId: "runChain",
      summary: "Run a chain",
      description:
        "Each step is a task of its agent like any other: it takes tokens, costs what the agent costs, and is in the log. The first step that fails ends the run, " +
        "whose answer says so; what steps before it had cost is not given back. With an `Idempotency-Key` a repetition answers what the " +
        "first run did; of one that was broken off it takes the steps that were not taken yet. Hanging up stops the step under way.",
      responses: { 200: { description: "What came of it, step by step", schema: wireRun }, ...refusals },
      handler: async ({ params, body, caller: principal, request, reply }) => {
        const run = await runner.begin(runRequest(request, { ...params, principal, ...body }));
        const left = new AbortController();
        onHangUp(reply, () => left.abort());
        const answer = await run.finish(left.signal);
        reply.headers({ ...run.headers, "content-type": "application/json" });
        return answer.body;
      },
    }),
    route({
      ...common,
      path: "/chains/{id}/run/stream",
      operationId: "streamChainRun",
      summary: "Run a chain and follow it as server-sent events",
      description:
        "Events, their data JSON: a `step` as each begins (`status` is `running`) and ends, as in the trace; then `result` with the answer of a run, " +
        "or `error` with that of one that failed, also of one whose key has ended meanwhile. Refusals come as ordinary responses before the stream starts. Otherwise as running it.",
      responses: {
        200: { description: "The events", schema: z.string(), contentType: "text/event-stream" },
        ...refusals,
      },
      handler: async ({ params, body, caller: principal, request, reply }) => {
        const run = await runner.begin(runRequest(request, { ...params, principal, ...body }));
        const left = new AbortController();
        const events = openEvents(reply.headers(run.headers), { keepAlives, onLeave: () => left.abort() });
        const end = (last: string) => {
          stopWatching();
          void events.write(last);
          events.end();
        };
        const stopWatching = keyWatch.watch(requestUse(request, actions.runChains, actions.sendTasks), (why) => {
          end(formatEvent(brokenOff(why, params.id), "error"));
          left.abort();
        });
        const tell = (entry: string) => waitedFor(events.write(formatEvent(entry, "step")), events, clock);
        const last = await run
          .finish(left.signal, tell)
          .then(({ body, isSuccess }) => formatEvent(body, isSuccess ? "result" : "error"))
          .catch((error) => formatEvent(brokenOff(error, params.id), "error"));
        end(last);
      },
    }),
  ];
}

const waitedFor = (lagging: Promise<void> | undefined, events: EventSink, clock: Clock) =>
  lagging && caughtUp(lagging, events, clock.monotonic() + READER_MS, clock);

function brokenOff(error: unknown, chainId: string): string {
  const problem = error instanceof Problem ? error : new Problem(500, "Internal server error");
  return JSON.stringify({
    chain_id: chainId,
    status: "error",
    error: problem.message,
    error_code: problem.code,
    trace: [],
  });
}
