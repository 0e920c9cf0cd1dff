import { A2A_MEDIA_TYPE, methodOf, operations, taskStates } from "@agentgate/protocol/a2a";
import { z } from "zod";
import { actions } from "../../access/index.ts";
import { idParams, type OperationDoc, type ResponseDoc } from "../../http/index.ts";
import {
  agentCard,
  empty,
  pushConfig,
  pushConfigs,
  rpcEnvelope,
  sendAnswer,
  sendRequest,
  a2aTag as tag,
  task,
  taskPage,
} from "../documented.ts";

const text = z.string();
const exampleMessage = { messageId: "m-1", role: "ROLE_USER", parts: [{ text: "Hello!" }] };
const taskParams = idParams.extend({ taskId: text });
const configParams = taskParams.extend({ configId: text });
const historyLength = z.int().min(0).optional();

/** The request chooses, by its Accept header or by its own type: 1.0.0 has the latter, 1.0.1 a type of its own. */
const contentType = [A2A_MEDIA_TYPE, "application/json"];

const errors = {
  contentType,
  schema: z
    .object({
      error: z.object({
        code: z.int(),
        status: text.describe("A name of google.rpc.Code"),
        message: text,
        details: z.array(z.looseObject({ "@type": text, reason: text.optional() })).optional(),
      }),
    })
    .meta({ id: "A2AError" }),
};
const refusals: Record<number, ResponseDoc> = {
  400: { description: "An error of the protocol; `reason` in `details` tells which" },
  401: { description: "The key is nobody's, or the agent needs a key of its own" },
  404: { description: "No such agent, or no such task of this caller's" },
  429: { description: "Too many requests; `Retry-After` says when to try again" },
  500: { description: "The agent's answer is none of the protocol" },
  502: { description: "The agent cannot be reached, or broke off" },
  503: { description: "The agent has too many calls under way" },
  504: { description: "The agent took too long" },
};
const sending: Record<number, ResponseDoc> = {
  ...refusals,
  402: { description: "The agent has a price and the payer is missing or short of money" },
  413: { description: "The body is too large" },
  409: { description: "The first request under this Idempotency-Key is still under way" },
  410: {
    description: "The first request under this Idempotency-Key was charged, and left before its answer was whole",
  },
  422: { description: "This Idempotency-Key was used for something else" },
  508: { description: "Agents call each other in a loop" },
};

const answer = (schema: z.ZodType, description: string): ResponseDoc => ({
  description,
  schema,
  contentType,
});
const events: ResponseDoc = {
  description: "Server-sent events, each with a task, message, statusUpdate or artifactUpdate",
  schema: text,
  contentType: "text/event-stream",
};

type Described = Pick<OperationDoc, "method" | "path" | "operationId" | "summary" | "description" | "responses"> &
  Partial<OperationDoc>;

const restOperations: readonly Described[] = [
  {
    method: "POST",
    path: "/message:send",
    operationId: "sendMessage",
    summary: "Send a message to an agent",
    description:
      "Waits for the end of the agent's turn, unless `returnImmediately` is set. Hanging up does not end the task: it is charged when " +
      "the agent completes it, and can be asked for then.",
    body: sendRequest,
    bodyExample: { message: exampleMessage },
    responses: {
      200: answer(sendAnswer, "A task or a message"),
      ...sending,
    },
  },
  {
    method: "POST",
    path: "/message:stream",
    operationId: "streamMessage",
    summary: "Send a message and follow the task",
    description:
      "Hanging up ends the stream, not the task: it is charged when the agent completes it, and, should it be cancelled or told no more " +
      "of, if a piece of it had been delivered. What costs nothing is told by its state alone afterwards.",
    body: sendRequest,
    bodyExample: { message: exampleMessage },
    responses: { 200: events, ...sending },
  },
  {
    method: "GET",
    path: "/tasks",
    operationId: "listTasks",
    summary: "List one's own tasks, the newest status first",
    description: "Of an agent that keeps tasks; nobody sees another caller's.",
    query: z.object({
      contextId: text.optional(),
      status: z.enum(taskStates).optional(),
      pageSize: z.int().min(1).max(100).optional(),
      pageToken: text.optional(),
      historyLength,
      statusTimestampAfter: z.iso.datetime({ offset: true }).optional().describe("ISO 8601; that moment included"),
      includeArtifacts: z.enum(["true", "false"]).optional(),
    }),
    responses: {
      200: answer(taskPage, "A page; `nextPageToken` is empty on the last"),
      ...refusals,
    },
  },
  {
    method: "GET",
    path: "/tasks/{taskId}",
    operationId: "getTask",
    summary: "Get a task",
    description: "The agent is asked for it; nobody sees another caller's.",
    params: taskParams,
    query: z.object({ historyLength }),
    responses: { 200: answer(task, "The task as it is now"), ...refusals },
  },
  {
    method: "POST",
    path: "/tasks/{taskId}:cancel",
    operationId: "cancelTask",
    summary: "Cancel a task",
    description: "The agent decides whether it can still be cancelled.",
    params: taskParams,
    responses: { 200: answer(task, "The task as it is now"), ...refusals },
  },
  ...(["POST", "GET"] as const).map((method) => ({
    method,
    path: "/tasks/{taskId}:subscribe",
    operationId: method === "POST" ? "subscribeToTask" : "subscribeToTaskByGet",
    summary: "Follow a task that is under way",
    description: "The first event is the task. A task that is over is refused.",
    params: taskParams,
    responses: { 200: events, ...refusals },
  })),
  {
    method: "POST",
    path: "/tasks/{taskId}/pushNotificationConfigs",
    operationId: "createPushNotificationConfig",
    summary: "Have notifications about a task pushed",
    description: "The gateway takes the agent's notifications and passes them on to `url`.",
    params: taskParams,
    body: pushConfig,
    bodyExample: { url: "https://example.com/notifications", token: "a-secret-of-the-caller" },
    responses: { 200: answer(pushConfig, "The config"), ...refusals },
  },
  {
    method: "GET",
    path: "/tasks/{taskId}/pushNotificationConfigs",
    operationId: "listPushNotificationConfigs",
    summary: "List a task's push notification configs",
    description: "Those that this caller has made.",
    params: taskParams,
    responses: {
      200: answer(pushConfigs, "The configs"),
      ...refusals,
    },
  },
  {
    method: "GET",
    path: "/tasks/{taskId}/pushNotificationConfigs/{configId}",
    operationId: "getPushNotificationConfig",
    summary: "Get a push notification config",
    description: "As it was given, with its id.",
    params: configParams,
    responses: { 200: answer(pushConfig, "The config"), ...refusals },
  },
  {
    method: "DELETE",
    path: "/tasks/{taskId}/pushNotificationConfigs/{configId}",
    operationId: "deletePushNotificationConfig",
    summary: "Delete a push notification config",
    description: "Nothing more is pushed to its address.",
    params: configParams,
    responses: { 200: answer(empty, "Gone, if it was there"), ...refusals },
  },
  {
    method: "GET",
    path: "/extendedAgentCard",
    operationId: "getExtendedAgentCard",
    summary: "Get the card that an agent shows to callers it knows",
    description: "With the gateway's addresses in place of the agent's own.",
    responses: { 200: answer(agentCard, "The card"), ...refusals },
  },
];

const methods = operations.flatMap((operation) => {
  const old = methodOf(operation, "0.3");
  return old === undefined ? [operation] : [operation, old];
});

const jsonRpc: OperationDoc = {
  method: "POST",
  path: "/agents/{id}",
  action: actions.callTasks,
  tag,
  operationId: "callJsonRpc",
  summary: "Call an agent over JSON-RPC, A2A 1.0 or 0.3",
  description:
    "The parameters and results of each method are those of the operations below `/agents/{id}/`, or of A2A 0.3 where the method is " +
    "one of 0.3. Streams answer `text/event-stream`. The protocol's errors are answers with status 200; what the gateway refuses has " +
    "its status, and a JSON-RPC error as its body.",
  params: idParams,
  body: z
    .object({ ...rpcEnvelope, method: z.enum(methods as [string, ...string[]]), params: z.looseObject({}).optional() })
    .meta({ id: "JsonRpcRequest" }),
  bodyExample: { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message: exampleMessage } },
  errors: {
    contentType: "application/json",
    schema: z
      .object({ ...rpcEnvelope, error: z.looseObject({ code: z.int(), message: text }) })
      .meta({ id: "JsonRpcError" }),
  },
  responses: {
    200: {
      description: "The result, or an error of the protocol",
      schema: z
        .looseObject({ ...rpcEnvelope, result: z.unknown().optional(), error: z.unknown().optional() })
        .meta({ id: "JsonRpcResponse" }),
      textTypes: ["text/event-stream"],
    },
    ...sending,
  },
};

/** What the OpenAPI document says of the bindings: they are mounted apart, as they answer errors in the protocol's words. */
export const faceDocs: readonly OperationDoc[] = [
  jsonRpc,
  ...restOperations.map((operation) => ({
    action: actions.callTasks,
    tag,
    params: idParams,
    errors,
    ...operation,
    path: `/agents/{id}${operation.path}`,
  })),
];
