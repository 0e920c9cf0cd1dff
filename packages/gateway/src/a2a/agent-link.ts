import {
  A2AError,
  type AgentInterface,
  type Dialect,
  dialectOf,
  dialects,
  isObject,
  type JsonObject,
  type NormalizedCard,
  type Operation,
} from "@agentgate/protocol/a2a";
import { type Agent, type AgentCards, isOfOneMoment, type StoredCard, shareOwner } from "../agents/index.ts";
import { Problem } from "../http/index.ts";
import type { Holding } from "../outbound/index.ts";
import {
  type A2AClient,
  type Abortable,
  type AgentFailure,
  type CallMeter,
  chooseInterface,
  dialectOfInterface,
  failureHeaders,
  failureOf,
  Payload,
  translateParams,
  translateResult,
  type UpstreamStream,
} from "../routing/index.ts";
import type { A2ACall } from "./call.ts";

export const V1 = dialects["1.0"];

/** What of a call goes along to the agent. */
type LinkedCall = Pick<A2ACall, "speech" | "extensions" | "rpcId">;

/** What the caller of this call speaks. */
export const callerDialectOf = ({ speech }: LinkedCall): Dialect => dialectOf(speech.version, speech.binding);

/** What asks agents as A2A does. */
export type A2AChannel = Pick<A2AClient, "call" | "open" | "hold">;

/** Who speaks to agents of another language as if they were agents of A2A. */
export interface Interpreter {
  channel: A2AChannel;
  /** What a card would say of such an agent. */
  cardOf(agent: Agent): NormalizedCard;
}

export interface LinkOptions {
  client: A2AChannel;
  /** For agents that speak neither A2A nor the plain contract. */
  interpreters?: Partial<Record<Agent["protocol"], Interpreter>> | undefined;
  /** Whose call it is, as an agent's tasks are kept apart by. */
  callerScope?: string | undefined;
  cards: AgentCards;
  responseBytesMax: number;
  /** Told of what comes of the agent's answers, where anybody measures. */
  meter?: CallMeter | undefined;
}

/** What was approved is called as a whole, or not. */
const changedMeanwhile = ({ name }: Agent) =>
  new Problem(503, `Agent ${name} was changed at this moment; send it again`, {
    code: "agent_changed",
    headers: { "retry-after": "1" },
  });

/** The way from one call to its agent: which interface, which dialect, what goes along. */
export class AgentLink {
  readonly agent: Agent;
  readonly card: NormalizedCard;
  readonly #interfaces: readonly AgentInterface[];
  readonly target: AgentInterface;
  /** What the agent speaks here. */
  readonly dialect: Dialect;
  /** What the caller speaks. */
  readonly callerDialect: Dialect;
  readonly #options: LinkOptions;
  readonly #call: LinkedCall;
  readonly #headers: Record<string, string>;
  #current: Abortable<unknown> | undefined;
  #aborted = false;

  private constructor(
    agent: Agent,
    { card, interfaces }: Pick<StoredCard, "card" | "interfaces">,
    call: LinkedCall,
    headers: Record<string, string>,
    options: LinkOptions,
  ) {
    this.agent = agent;
    this.card = card;
    this.#interfaces = interfaces;
    this.target = chooseInterface(interfaces, call.speech);
    this.dialect = dialectOfInterface(this.target);
    this.callerDialect = callerDialectOf(call);
    this.#options = options;
    this.#call = call;
    this.#headers = headers;
  }

  /**
   * At once when the card is at hand.
   * @throws Problem 502 when the agent's card is gone, 503 when it is of another moment than the record that the call was admitted with
   */
  static open(
    agent: Agent,
    call: LinkedCall,
    headers: Record<string, string>,
    options: LinkOptions,
  ): AgentLink | Promise<AgentLink> {
    // Not the call itself, for its parameters may be large and a link lives as long as a stream.
    const { speech, extensions, rpcId } = call;
    const interpreter = options.interpreters?.[agent.protocol];
    if (interpreter) {
      const card = interpreter.cardOf(agent);
      const known = { card, interfaces: card.interfaces };
      return new AgentLink(agent, known, { speech, extensions, rpcId }, headers, {
        ...options,
        client: interpreter.channel,
      });
    }
    const linked = (stored: StoredCard | undefined) => {
      if (!stored) throw new Problem(502, `The card of agent ${agent.name} cannot be read; refresh the agent`);
      if (!isOfOneMoment(agent, stored)) throw changedMeanwhile(agent);
      return new AgentLink(agent, stored, { speech, extensions, rpcId }, headers, options);
    };
    const stored = options.cards.find(agent.id);
    return stored instanceof Promise ? stored.then(linked) : linked(stored);
  }

  /** The same way anew, for what outlives an aborted one. */
  again(): AgentLink {
    const known = { card: this.card, interfaces: this.#interfaces };
    return new AgentLink(this.agent, known, this.#call, this.#headers, this.#options);
  }

  /** One request to the agent. Parameters may be in any dialect; the result is in the agent's. */
  request(
    operation: Operation,
    params: Payload,
    timeoutMs: number,
    answerBytesMax = this.answerBytesMax,
  ): Promise<{ result: Payload; extensions: string | undefined }> {
    const call = this.#options.client.call(
      this.agent.id,
      this.target,
      operation,
      translateParams(operation, params, this.dialect),
      this.#callOptions(timeoutMs, answerBytesMax),
    );
    const answer = this.#track(call);
    if (this.target.version === "1.0" || this.#call.speech.version === "0.3") return answer;
    const length = historyLengthIn(params);
    if (typeof length !== "number") return answer;
    return answer.then((told) => ({ ...told, result: withHistory(told.result, length) }));
  }

  async stream(operation: Operation, params: Payload, timeoutMs: number): Promise<UpstreamStream> {
    const call = this.#options.client.open(
      this.agent.id,
      this.target,
      operation,
      translateParams(operation, params, this.dialect),
      this.#callOptions(timeoutMs, this.answerBytesMax),
    );
    return this.#track(call);
  }

  /** The task as it is now, in 1.0's shape. */
  async getTask(taskId: string, timeoutMs: number, settings: JsonObject = {}): Promise<JsonObject> {
    const params = Payload.ofValue(V1, { id: taskId, ...settings });
    const { result } = await this.request("GetTask", params, timeoutMs);
    return translateResult("GetTask", result, V1).object;
  }

  /** Tears down whatever is under way, and everything later. */
  abort(): void {
    this.#aborted = true;
    this.#current?.abort();
  }

  /** The call turns out to belong to this context. */
  belongsTo(contextId: unknown): void {
    this.#options.meter?.belongsTo(contextId);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  failure(error: unknown): AgentFailure {
    return failureOf(this.agent, error);
  }

  /** The error as the caller sees it: the protocol's own as it is, the others as the outcome table has them. */
  callerError(error: unknown): A2AError | Problem {
    if (A2AError.isInstance(error)) return this.#known(error);
    if (error instanceof Problem) return error;
    const failure = failureOf(this.agent, error);
    const { status, detail, logged } = failure;
    if (logged === "invalid_response") return new A2AError("InvalidAgentResponse", detail);
    return new Problem(status, detail, { code: `agent_${logged}`, headers: failureHeaders(failure) });
  }

  /** An error of the agent's as the caller's version has it. */
  #known(error: A2AError): A2AError {
    const { speech } = this.#call;
    if (this.target.version === speech.version) return error;
    // An agent that lacks a method does not support the operation (a2a.md, section 2.8.2).
    if (error.is("MethodNotFound")) return new A2AError("UnsupportedOperation", error.message);
    // A list of details is 1.0's: clients of 0.3 read an object there, or none.
    const isUnread = speech.version === "0.3" && Array.isArray(error.data);
    return isUnread ? new A2AError(error.code, error.message) : error;
  }

  /** Largest answer taken from an agent. */
  get answerBytesMax(): number {
    return this.#options.responseBytesMax;
  }

  /** For what is kept of the agent's answers. Must be released. */
  hold(): Holding {
    return this.#options.client.hold(shareOwner(this.agent));
  }

  #callOptions(timeoutMs: number, responseBytesMax: number) {
    const { extensions, rpcId } = this.#call;
    const { meter, callerScope } = this.#options;
    const owner = shareOwner(this.agent);
    return { headers: this.#headers, extensions, rpcId, timeoutMs, responseBytesMax, owner, meter, callerScope };
  }

  #track<T>(call: Abortable<T>): Promise<T> {
    this.#current = call;
    if (this.#aborted) call.abort();
    return call.response;
  }
}

function historyLengthIn({ object }: Payload): unknown {
  return (isObject(object.configuration) ? object.configuration : object).historyLength;
}

/** A 0.3 task with the last messages of its history: its agents are free in how they read a length, and 0 may mean all. */
function withHistory(result: Payload, length: number): Payload {
  const { object } = result;
  const cut = (task: JsonObject): JsonObject => ({
    ...task,
    ...(Array.isArray(task.history) && { history: length > 0 ? task.history.slice(-length) : [] }),
  });
  return Payload.ofValue(result.dialect, isObject(object.task) ? { ...object, task: cut(object.task) } : cut(object));
}
