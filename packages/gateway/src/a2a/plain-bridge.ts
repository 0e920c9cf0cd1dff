import { A2AError, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import {
  type Admitted,
  type AgentCall,
  type AgentOutcome,
  exceededAnswerBound,
  type OutgoingTask,
  Payload,
  type PlainProtocol,
  simplePartsOf,
  taskOfMessage,
  translateEvent,
  translateParams,
} from "../routing/index.ts";
import type { Random } from "../runtime/index.ts";
import { callerDialectOf, V1 } from "./agent-link.ts";
import type { A2ACall, ResultReply, StreamReply } from "./call.ts";
import { demandMessage } from "./demand-message.ts";
import { readListQuery } from "./list-tasks.ts";
import { taskNotFound } from "./ownership.ts";

/**
 * Lets A2A clients call agents of the plain contract. Such an agent keeps no tasks, so it answers with messages: there is nothing to
 * get, list, cancel or subscribe to.
 */
export class PlainBridge {
  readonly #plain: PlainProtocol;
  readonly #random: Random;

  constructor({ plain, random }: { plain: PlainProtocol; random: Random }) {
    this.#plain = plain;
    this.#random = random;
  }

  /** @param answered is handed the reply once the agent has answered well */
  send(
    call: A2ACall,
    { agent }: Admitted,
    task: OutgoingTask,
    answered: (sent: { reply: ResultReply; goesOn: boolean }) => void,
  ): AgentCall {
    const { message: given, configuration } = translateParams(call.operation, call.params, V1).object;
    const message = demandMessage(given);
    if (isObject(configuration) && configuration.taskPushNotificationConfig != null) throw sendsNoPush();
    if (message.taskId) throw taskNotFound(message.taskId);
    const body = JSON.stringify(taskOfMessage(message));
    const sent = this.#plain.send(agent, { ...task, body });
    const outcome = sent.outcome.then((result): AgentOutcome => {
      if (!result.ok) return result;
      // Passed on as it is, its pieces would not matter; here they are built.
      const exceeded = exceededAnswerBound(result.body);
      if (exceeded)
        return {
          ok: false,
          failure: { status: 502, detail: `The agent's answer ${exceeded}`, logged: "invalid_response" },
        };
      const reply = this.#message(message, JSON.parse(result.body));
      task.meter.belongsTo(reply.contextId);
      const payload = translateEvent(Payload.ofValue(V1, { message: reply }), callerDialectOf(call));
      answered({ reply: { result: payload }, goesOn: false });
      return { ...result, body: payload.text };
    });
    return { outcome, abort: () => sent.abort() };
  }

  /** The result in 1.0's shape. @throws A2AError */
  ask({ operation }: A2ACall, { object }: Payload): JsonObject {
    const { id, taskId } = object;
    if (operation === "ListTasks") {
      return { tasks: [], nextPageToken: "", pageSize: readListQuery(object).pageSize, totalSize: 0 };
    }
    if (operation === "GetExtendedAgentCard") {
      throw new A2AError("ExtendedAgentCardNotConfigured", "This agent has no extended card");
    }
    if (operation === "GetTask" || operation === "CancelTask" || operation === "SubscribeToTask")
      throw taskNotFound(id);
    if (taskId === undefined) throw new A2AError("InvalidParams", "taskId is required");
    throw sendsNoPush();
  }

  #message({ contextId }: JsonObject, answer: unknown): JsonObject {
    return {
      messageId: this.#random.uuid(),
      contextId: typeof contextId === "string" && contextId !== "" ? contextId : this.#random.uuid(),
      role: "ROLE_AGENT",
      parts: simplePartsOf(answer),
    };
  }
}

const sendsNoPush = () => new A2AError("PushNotificationNotSupported", "This agent sends no push notifications");

/** A whole answer as a stream of one event. */
export const asStream = ({ result, ...head }: ResultReply): StreamReply => ({
  ...head,
  awaitReader: (lagging, sink) => lagging.then(() => !sink.closed),
  read: async (take) => void (await take(result)),
  cancel() {},
});
