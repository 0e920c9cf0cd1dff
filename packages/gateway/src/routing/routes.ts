import { z } from "zod";
import { actions } from "../access/index.ts";
import {
  idParams,
  isJsonObject,
  type KeepAlives,
  onHangUp,
  openEvents,
  type RouteDefinition,
  route,
} from "../http/index.ts";
import { idempotencyHeader } from "../idempotency/index.ts";
import type { KeyWatch } from "../orgs/index.ts";
import { streamTask } from "./event-stream.ts";
import type { TaskPipeline } from "./pipeline.ts";
import { taskRequestOf } from "./task-request.ts";

const task = z.custom<Record<string, unknown>>(isJsonObject, { error: "A task is a JSON object" }).meta({
  id: "Task",
  type: "object",
  additionalProperties: true,
  description: "What the agent understands, often `{id, message: {parts: [{type, text}]}}`",
});

const tag = { name: "Tasks", description: "Have agents work" };

const taskAnswer = z.unknown().meta({
  id: "TaskAnswer",
  description: "The agent's JSON; of a priced agent `{result, ucp}`, where `result` is the agent's JSON",
});

const taskHeaders = z.object({
  "X-AgentGate-Payer-Key": z
    .string()
    .optional()
    .describe(
      "Key of the organization that pays (or the admin's, who pays nothing), where the bearer is the agent's own key",
    ),
  ...idempotencyHeader,
});

const outcomes = {
  401: { description: "The agent needs a key of its own, or the payer key is nobody's" },
  402: { description: "The agent has a price and the payer is missing or short of money" },
  404: { description: "No such agent" },
  409: { description: "A request with this Idempotency-Key is still under way" },
  410: {
    description: "The first request under this Idempotency-Key was charged, and left before its answer was whole",
  },
  429: { description: "Too many requests; `Retry-After` says when to try again" },
  502: { description: "The agent cannot be reached, or answered an error or nothing usable" },
  503: { description: "The agent has too many calls under way" },
  504: { description: "The agent took too long" },
  508: { description: "Agents call each other in a loop" },
};

/** Task routing over HTTP (contract section 4). */
export function taskRoutes(
  pipeline: TaskPipeline,
  keepAlives: KeepAlives,
  keyWatch: Pick<KeyWatch, "watch">,
): RouteDefinition[] {
  const common = {
    method: "POST",
    action: actions.sendTasks,
    readsKey: true,
    tag,
    params: idParams,
    headers: taskHeaders,
    body: task,
    bodyExample: { id: "task-1", message: { parts: [{ type: "text", text: "Hello!" }] } },
    keepBodyText: true,
  } as const;
  return [
    route({
      ...common,
      path: "/agents/{id}/task",
      operationId: "sendTask",
      summary: "Send a task to an agent",
      description:
        "Answers the agent's JSON; a priced agent's comes as `result` beside `ucp`, which says what the task cost. " +
        "If the agent fails, nothing is charged. Hanging up cancels the task: what the agent had completed by then is charged, " +
        "anything else costs nothing and cannot be had afterwards. The same over a WebSocket, which no OpenAPI document can describe: " +
        '`/agents/{id}/task/ws` takes `{"type":"auth","token"}`, then `{"type":"task","task"}` for each task, and answers messages of ' +
        "the types `status`, `result` and `error`.",
      responses: { 200: { description: "The agent's answer", schema: taskAnswer }, ...outcomes },
      handler: async ({ params, body, bodyText, request, reply }) => {
        const run = await pipeline.start(taskRequestOf(request, params.id, body, bodyText, "rest"));
        // The caller may have hung up already, while the price was put aside.
        onHangUp(reply, () => run.cancel());
        const answer = await run.answer;
        reply.headers(answer.headers);
        return answer.body;
      },
    }),
    route({
      ...common,
      path: "/agents/{id}/task/stream",
      operationId: "streamTask",
      summary: "Send a task and follow it as server-sent events",
      description:
        "Events: `status`, then a `chunk` per piece of the answer, then `result` or `error`; the data is plain text. " +
        "Refusals (401, 402, 404, 429) come as ordinary responses before the stream starts. Hanging up cancels the task: it is " +
        "charged if a chunk had been delivered or the agent had completed it, and costs nothing if not. A reader who still lags " +
        "behind when the agent's time is up is cut off, and has left. So has one whose key ends meanwhile: the last `error` says why, with the code in brackets.",
      responses: {
        200: { description: "The events", schema: z.string(), contentType: "text/event-stream" },
        ...outcomes,
      },
      handler: async ({ params, body, bodyText, request, reply }) => {
        const taskRequest = taskRequestOf(request, params.id, body, bodyText, "sse");
        await streamTask(
          (onChunk, onProgress) => pipeline.start({ ...taskRequest, onProgress }, onChunk),
          (headers, onLeave) => openEvents(reply.headers(headers), { keepAlives, onLeave }),
          (use, onEnded) => keyWatch.watch(use, onEnded),
        );
      },
    }),
  ];
}
