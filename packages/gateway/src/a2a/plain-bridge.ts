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
import type { Clock, Random } from "../runtime/index.ts";
import { callerDialectOf, V1 } from "./agent-link.ts";
import type { A2ACall, ResultReply, StreamReply } from "./call.ts";
import { demandMessage } from "./demand-message.ts";
import { readListQuery } from "./list-tasks.ts";
import { taskNotFound } from "./ownership.ts";
import { PiecewiseAnswer } from "./piecewise-answer.ts";

/** Whether such an agent knows nothing of A2A, and is called for its clients by simple tasks. */
export const isBridged = ({ protocol }: Pick<Agent, "protocol">): boolean =>
  protocol === "plain" || protocol === "site";

/** What a call has come to, for a caller who waits for all of it, or for its first piece. */
export interface Answered {
  whole(sent: { reply: ResultReply; goesOn: boolean }): void;
  inPieces(reply: StreamReply): void;
}

/**
 * Lets A2A clients call agents of the plain contract, and websites. Such an agent keeps no tasks, so it answers with messages: there is
 * nothing to get, list, cancel or subscribe to. What it says piece by piece is a task as long as its stream is open. A site that asks for a
 * person's word answers with a task that waits for it, whose id holds all there is of it.
 */
export class PlainBridge {
  readonly #plain: PlainProtocol;
  readonly #site: SiteProtocol;
  readonly #random: Random;
  readonly #clock: Clock;

  constructor({
    plain,
    site,
    random,
    clock,
  }: { plain: PlainProtocol; site: SiteProtocol; random: Random; clock: Clock }) {
    this.#plain = plain;
    this.#site = site;
    this.#random = random;
    this.#clock = clock;
  }

  /** @param answered is handed the reply once the agent has answered well */
  send(call: A2ACall, { agent }: Admitted, task: OutgoingTask, answered: Answered["whole"]): AgentCall {
    const message = this.#messageOf(call, agent);
    const sent = this.#protocolOf(agent).send(agent, { ...task, body: JSON.stringify(taskOfMessage(message)) });
    const outcome = sent.outcome.then((result) => this.#concluded(result, { call, agent, message, task }, answered));
    return { outcome, abort: () => sent.abort() };
  }

  /** The same, for a caller who takes the answer in pieces, where it comes in pieces. */
  stream(call: A2ACall, { agent }: Admitted, task: OutgoingTask, { whole, inPieces }: Answered): AgentCall {
    const message = this.#messageOf(call, agent);
    const contextId = this.#contextOf(message.contextId);
    const answer = new PiecewiseAnswer({
      dialect: callerDialectOf(call),
      taskId: typeof message.taskId === "string" && message.taskId !== "" ? message.taskId : this.#random.uuid(),
      contextId,
      endsAt: task.endsAt,
      clock: this.#clock,
      random: this.#random,
      begun: (reply) => {
        task.meter.belongsTo(contextId);
        inPieces(reply);
      },
      left: () => sent.abort(),
    });
    const body = JSON.stringify(taskOfMessage(message));
    const streamed = { ...task, body, onStatus: answer.progress };
    const sent = this.#protocolOf(agent).stream(agent, streamed, answer.piece);
    const outcome = sent.outcome.then((result): AgentOutcome => {
      if (result.ok && result.isPartial) return result;
      if (!answer.hasBegun) return this.#concluded(result, { call, agent, message, task }, whole);
      return this.#ended(result, answer, call);
    });
    return { outcome, abort: () => sent.abort() };
  }

  #protocolOf = ({ protocol }: Agent): PlainProtocol | SiteProtocol => (protocol === "site" ? this.#site : this.#plain);

  /** @throws A2AError */
  #messageOf(call: A2ACall, { protocol }: Agent): JsonObject {
    const { message: given, configuration } = translateParams(call.operation, call.params, V1).object;
    const message = demandMessage(given);
    if (isObject(configuration) && configuration.taskPushNotificationConfig != null) throw sendsNoPush();
    if (message.taskId && protocol !== "site") throw taskNotFound(message.taskId);
    return message;
  }

  /** A whole answer: as a message, or as the task that waits. */
  #concluded(
    result: AgentOutcome,
    { call, agent, message, task }: { call: A2ACall; agent: Agent; message: JsonObject; task: OutgoingTask },
    answered: Answered["whole"],
  ): AgentOutcome {
    if (!result.ok) return result;
    const exceeded = tooManyParts(result.body);
    if (exceeded) return exceeded;
    const answer: unknown = JSON.parse(result.body);
    const reply: Record<string, JsonObject> = (agent.protocol === "site" && this.#task(message, answer)) || {
      message: this.#message(message, answer),
    };
    task.meter.belongsTo(Object.values(reply)[0]!.contextId);
    const payload = translateEvent(Payload.ofValue(V1, reply), callerDialectOf(call));
    answered({ reply: { result: payload }, goesOn: false });
    return { ...result, body: payload.text };
  }

  /** The end of an answer that has begun in pieces. */
  #ended(result: AgentOutcome, answer: PiecewiseAnswer, call: A2ACall): AgentOutcome {
    const failure = result.ok ? tooManyParts(result.body) : result;
    if (failure) {
      answer.failed(failure.failure.detail);
      return failure;
    }
    const { body, ...outcome } = result as Extract<AgentOutcome, { ok: true }>;
    if (outcome.isFree) {
      // Its task could not be answered under the id that was told.
      answer.failed(
        "The site asks for a person's word after it had begun to answer: send the message without streaming",
      );
      return result;
    }
    const task = answer.completed(simplePartsOf(JSON.parse(body)));
    return { ...outcome, body: translateEvent(Payload.ofValue(V1, { task }), callerDialectOf(call)).text };
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

/** Passed on as it is, the pieces of an answer would not matter; here they are built. */
function tooManyParts(body: string): Extract<AgentOutcome, { ok: false }> | undefined {
  const exceeded = exceededAnswerBound(body);
  if (!exceeded) return undefined;
  return {
    ok: false,
    failure: { status: 502, detail: `The agent's answer ${exceeded}`, logged: "invalid_response" },
  };
}

const sendsNoPush = () => new A2AError("PushNotificationNotSupported", "This agent sends no push notifications");

/** A whole answer as a stream of one event. */
export const asStream = ({ result, ...head }: ResultReply): StreamReply => ({
  ...head,
  awaitReader: (lagging, sink) => lagging.then(() => !sink.closed),
  read: async (take) => void (await take(result)),
  cancel() {},
});
