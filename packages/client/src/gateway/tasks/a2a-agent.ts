import type * as wire from "@agentgate/protocol";
import type { TaskState } from "@agentgate/protocol/a2a";
import { GatewayError, toGatewayError } from "../errors/index.ts";
import {
  at,
  type CallOptions,
  type GatewayRequest,
  type GatewayRoom,
  type GatewayTransport,
  randomId,
  type ServerSentEvent,
} from "../http/index.ts";
import { type AgentKeyOptions, keysFor } from "./task-keys.ts";

/** What is said: a text, parts of A2A 1.0, or a whole message. */
export type MessageInput = string | readonly wire.A2aPart[] | wire.A2aMessage;

export interface MessageOptions extends CallOptions {
  /** To go on with a conversation. */
  contextId?: string | undefined;
  /** To go on with a task, or to answer its question. */
  taskId?: string | undefined;
  acceptedOutputModes?: readonly string[] | undefined;
  historyLength?: number | undefined;
  /** Does not wait for the end of the agent's turn. */
  returnImmediately?: boolean | undefined;
  /** Where the task's notifications go. */
  taskPushNotificationConfig?: wire.A2aPushConfig | undefined;
  metadata?: Readonly<Record<string, unknown>> | undefined;
  /** The same key with the same message answers what the first call did, for 24 hours. */
  idempotencyKey?: string | undefined;
}

/** Which of one's tasks at an agent. */
export interface AgentTaskFilter extends CallOptions {
  contextId?: string | undefined;
  status?: TaskState | undefined;
  historyLength?: number | undefined;
  /** From this moment on. */
  statusTimestampAfter?: Date | undefined;
  includeArtifacts?: boolean | undefined;
}

export interface AgentTaskOptions extends AgentTaskFilter {
  pageSize?: number | undefined;
  /** `nextPageToken` of the page before. */
  pageToken?: string | undefined;
}

/** Events after which a task may go on without this connection. */
const BROKEN = /^(?:unreachable|timeout)$/;

/**
 * One agent behind the gateway by A2A 1.0 (HTTP+JSON), whatever it speaks itself.
 *
 * @example
 * const agent = new A2aAgent(client, agentId);
 * for await (const { task, artifactUpdate } of agent.streamMessage("Hello!")) console.log(textOf(task ?? artifactUpdate));
 */
export class A2aAgent {
  readonly #http: GatewayTransport;
  readonly #path: string;
  readonly #keys: ReturnType<typeof keysFor>;

  constructor(client: GatewayRoom, agentId: string, options: AgentKeyOptions = {}) {
    // biome-ignore lint/complexity/useLiteralKeys: what is protected is reached so by the package itself
    this.#http = client["http"];
    this.#path = at`/agents/${agentId}`;
    this.#keys = keysFor(this.#http, options);
  }

  /** Says something to the agent and waits for the end of its turn, unless `returnImmediately`. The answer is a task or a message. */
  sendMessage(message: MessageInput, options: MessageOptions = {}): Promise<wire.A2aAnswer> {
    return this.#http.json(this.#sending("/message:send", message, options));
  }

  /**
   * The same as events. Leaving the loop ends the stream, not the task. When the connection breaks, the task is subscribed to and goes on, with
   * the task as a whole as its next event.
   */
  async *streamMessage(message: MessageInput, options: MessageOptions = {}): AsyncGenerator<wire.A2aEvent, void> {
    const { signal, retries = this.#http.retries } = options;
    let taskId: string | undefined;
    let events = this.#events(this.#sending("/message:stream", message, options));
    for (let attempt = 0; ; ) {
      try {
        let seen = 0;
        for await (const event of events) {
          taskId = taskIdIn(event) ?? taskId;
          // The first event of a subscription is what was known before.
          if (++seen > 1) attempt = 0;
          yield event;
        }
        return;
      } catch (error) {
        if (taskId === undefined || signal?.aborted || attempt++ >= retries || !isBroken(error)) throw error;
        events = this.#goOn(taskId, { signal, retries });
      }
    }
  }

  /** The task's events from now on, the first of which is the task. @throws {@link GatewayError} of one that is over */
  subscribeToTask(taskId: string, call?: CallOptions): AsyncGenerator<wire.A2aEvent, void> {
    return this.#events(this.#request("POST", at`/tasks/${taskId}:subscribe`, call));
  }

  getTask(
    taskId: string,
    { historyLength, ...call }: CallOptions & { historyLength?: number | undefined } = {},
  ): Promise<wire.A2aTask> {
    return this.#http.json(this.#request("GET", at`/tasks/${taskId}` + camelQuery({ historyLength }), call));
  }

  /** A page of one's own tasks, the newest status first; `nextPageToken` goes back as `pageToken`. */
  listTasks(options: AgentTaskOptions = {}): Promise<wire.A2aTaskPage> {
    const { signal, timeoutMs, retries, statusTimestampAfter, ...filter } = options;
    const query = camelQuery({ ...filter, statusTimestampAfter: statusTimestampAfter?.toISOString() });
    return this.#http.json(this.#request("GET", `/tasks${query}`, { signal, timeoutMs, retries }));
  }

  /** All of them, each as it is taken. */
  async *tasks(filter: AgentTaskFilter = {}): AsyncGenerator<wire.A2aTask, void> {
    for (let pageToken: string | undefined; ; ) {
      const { tasks, nextPageToken } = await this.listTasks({ ...filter, pageToken });
      yield* tasks;
      if (!nextPageToken || nextPageToken === pageToken) return;
      pageToken = nextPageToken;
    }
  }

  /** The agent decides whether it still can. */
  cancelTask(taskId: string, call?: CallOptions): Promise<wire.A2aTask> {
    return this.#http.json(this.#request("POST", at`/tasks/${taskId}:cancel`, call));
  }

  /** Has notifications about a task sent to `config.url`. */
  createPushConfig(taskId: string, config: wire.A2aPushConfig, call?: CallOptions): Promise<wire.A2aPushConfig> {
    return this.#http.json({ ...this.#request("POST", configs(taskId), call), body: config });
  }

  async listPushConfigs(taskId: string, call?: CallOptions): Promise<wire.A2aPushConfig[]> {
    const list = await this.#http.json<{ configs: wire.A2aPushConfig[] }>(this.#request("GET", configs(taskId), call));
    return list.configs;
  }

  getPushConfig(taskId: string, configId: string, call?: CallOptions): Promise<wire.A2aPushConfig> {
    return this.#http.json(this.#request("GET", configs(taskId) + at`/${configId}`, call));
  }

  deletePushConfig(taskId: string, configId: string, call?: CallOptions): Promise<void> {
    return this.#http.none(this.#request("DELETE", configs(taskId) + at`/${configId}`, call));
  }

  /** The card that the agent shows to callers it knows. */
  getExtendedCard(call?: CallOptions): Promise<Record<string, unknown>> {
    return this.#http.json(this.#request("GET", "/extendedAgentCard", call));
  }

  /**
   * Calls a method of the protocol by its name, of 1.0 or 0.3, over JSON-RPC; those that stream are not for this.
   * @throws {@link GatewayError} also for an error of the protocol
   */
  async callJsonRpc<Result = unknown>(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    call?: CallOptions,
  ): Promise<Result> {
    const body = { jsonrpc: "2.0", id: randomId(), method, params };
    // The version goes by the method's name.
    const request = { ...this.#request("POST", "", call), ...this.#keys, body };
    const { value, response } = await this.#http.answer<{ result: Result; error?: unknown }>(request);
    if (value.error !== undefined) throw toGatewayError(response, JSON.stringify(value));
    return value.result;
  }

  #request(method: "GET" | "POST" | "DELETE", path: string, call: CallOptions = {}): GatewayRequest {
    const { apiKey, headers } = this.#keys;
    return { method, path: this.#path + path, apiKey, headers: { ...headers, "a2a-version": "1.0" }, ...call };
  }

  #sending(path: string, input: MessageInput, options: MessageOptions): GatewayRequest {
    const { contextId, taskId, metadata, idempotencyKey, signal, timeoutMs, retries, ...configuration } = options;
    const request = this.#request("POST", path, { signal, timeoutMs, retries });
    const place = { ...(contextId !== undefined && { contextId }), ...(taskId !== undefined && { taskId }) };
    const message = { ...messageOf(input), ...place };
    const headers = { ...request.headers, "idempotency-key": idempotencyKey };
    return { ...request, headers, body: { message, configuration, metadata }, once: true };
  }

  async *#events(request: GatewayRequest): AsyncGenerator<wire.A2aEvent, void> {
    for await (const event of this.#http.events(request)) yield eventOf(event);
  }

  async *#goOn(taskId: string, call: CallOptions): AsyncGenerator<wire.A2aEvent, void> {
    try {
      yield* this.subscribeToTask(taskId, call);
    } catch (error) {
      // It is over by now: what became of it is the last there is to tell.
      if (!GatewayError.isInstance(error) || error.status !== 400) throw error;
      yield { task: await this.getTask(taskId, call) };
    }
  }
}

/** The protocol's own parameters, whose names stay as they are. */
function camelQuery(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) given.set(name, `${value}`);
  return given.size > 0 ? `?${given}` : "";
}

const configs = (taskId: string) => at`/tasks/${taskId}/pushNotificationConfigs`;

function messageOf(input: MessageInput): wire.A2aMessage {
  if (typeof input === "object" && "parts" in input) return input;
  const parts = typeof input === "string" ? [{ text: input }] : [...input];
  return { messageId: randomId(), role: "ROLE_USER", parts };
}

function eventOf({ event, data }: ServerSentEvent): wire.A2aEvent {
  const value = parsed(data);
  if (event !== "error") return value as wire.A2aEvent;
  const { code } = Object(Object(value).error) as { code?: number };
  const status = code !== undefined && code >= 400 && code < 600 ? code : 500;
  throw toGatewayError(new Response(null, { status }), data);
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new GatewayError("invalid_response", "The gateway sent an event that is no JSON", { cause });
  }
}

const taskIdIn = ({ task, statusUpdate, artifactUpdate }: wire.A2aEvent): string | undefined =>
  task?.id ?? statusUpdate?.taskId ?? artifactUpdate?.taskId;

const isBroken = (error: unknown): boolean => GatewayError.isInstance(error) && BROKEN.test(error.code);
