import { A2AError, isObject, type JsonObject, toTaskState } from "@agentgate/protocol/a2a";
import type { Agent } from "../agents/index.ts";
import {
  type Admitted,
  type AgentCall,
  type AgentOutcome,
  exceededAnswerBound,
  type OutgoingTask,
  Payload,
  type PlainProtocol,
  type SiteProtocol,
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

/** Whether such an agent knows nothing of A2A, and is called for its clients by simple tasks. */
export const isBridged = ({ protocol }: Pick<Agent, "protocol">): boolean =>
  protocol === "plain" || protocol === "site";

/**
 * Lets A2A clients call agents of the plain contract, and websites. Such an agent keeps no tasks, so it answers with messages: there is
 * nothing to get, list, cancel or subscribe to. A site that asks for a person's word answers with a task that waits for it, whose id holds all
 * there is of it.
 */
export class PlainBridge {
  readonly #plain: PlainProtocol;
  readonly #site: SiteProtocol;
  readonly #random: Random;

  constructor({ plain, site, random }: { plain: PlainProtocol; site: SiteProtocol; random: Random }) {
    this.#plain = plain;
    this.#site = site;
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
    const isSite = agent.protocol === "site";
    if (message.taskId && !isSite) throw taskNotFound(message.taskId);
    const body = JSON.stringify(taskOfMessage(message));
    const sent = (isSite ? this.#site : this.#plain).send(agent, { ...task, body });
    const outcome = sent.outcome.then((result): AgentOutcome => {
      if (!result.ok) return result;
      // Passed on as it is, its pieces would not matter; here they are built.
      const exceeded = exceededAnswerBound(result.body);
      if (exceeded)
        return {
          ok: false,
          failure: { status: 502, detail: `The agent's answer ${exceeded}`, logged: "invalid_response" },
        };
      const answer: unknown = JSON.parse(result.body);
      const reply: Record<string, JsonObject> = (isSite && this.#task(message, answer)) || {
        message: this.#message(message, answer),
      };
      task.meter.belongsTo(Object.values(reply)[0]!.contextId);
      const payload = translateEvent(Payload.ofValue(V1, reply), callerDialectOf(call));
      answered({ reply: { result: payload }, goesOn: false });
      return { ...result, body: payload.text };
    });
    return { outcome, abort: () => sent.abort() };
  }

  /** The result in 1.0's shape. @throws A2AError */
  ask({ operation }: A2ACall, { object }: Payload, { agent, callerScope }: Admitted): JsonObject {
    const { id, taskId } = object;
    const waits = agent.protocol === "site" && this.#site.waits(agent, callerScope, id);
    if (waits && (operation === "GetTask" || operation === "CancelTask")) {
      const state = operation === "GetTask" ? "TASK_STATE_INPUT_REQUIRED" : "TASK_STATE_CANCELED";
      return { id, contextId: id, status: { state } };
    }
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

  /** A task that waits for its caller, or that its caller has gone on with; undefined for an answer that is none. */
  #task({ contextId, taskId }: JsonObject, answer: unknown): { task: JsonObject } | undefined {
    if (!isObject(answer) || !isObject(answer.status)) return undefined;
    const { state, message } = answer.status;
    const id = state === "input-required" ? answer.taskId : taskId;
    if (typeof id !== "string" || id === "") return undefined;
    const context = this.#contextOf(contextId);
    const told = isObject(message) && {
      message: { messageId: this.#random.uuid(), role: "ROLE_AGENT", parts: simplePartsOf({ message }) },
    };
    const done = state === "completed" && {
      artifacts: [{ artifactId: this.#random.uuid(), parts: simplePartsOf(answer) }],
    };
    return { task: { id, contextId: context, status: { state: toTaskState(state), ...told }, ...done } };
  }

  #contextOf = (contextId: unknown): string =>
    typeof contextId === "string" && contextId !== "" ? contextId : this.#random.uuid();

  #message({ contextId }: JsonObject, answer: unknown): JsonObject {
    return {
      messageId: this.#random.uuid(),
      contextId: this.#contextOf(contextId),
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
