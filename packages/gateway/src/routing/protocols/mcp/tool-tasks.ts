import {
  A2AError,
  type AgentInterface,
  dialects,
  isObject,
  isTerminal,
  type JsonObject,
  type Operation,
  type TaskState,
} from "@agentgate/protocol/a2a";
import type { Agent, AgentSkill } from "../../../agents/index.ts";
import { ServerError, ServerFault, ServerStatusError } from "../../../mcp-servers/index.ts";
import type { Dialer, Holding } from "../../../outbound/index.ts";
import type { Abortable, CallOptions, UpstreamAnswer, UpstreamStream } from "../a2a/a2a-client.ts";
import { Payload } from "../a2a/payload.ts";
import { UpstreamStatusError } from "../a2a/upstream-error.ts";
import { responsesTo } from "./tool-answers.ts";
import { ToolEvents } from "./tool-events.ts";
import { argumentsOf, readOrder } from "./tool-order.ts";
import { demandLive, type ToolSkills } from "./tool-skills.ts";
import type { ToolTask } from "./tool-task-store.ts";
import { ToolTurn } from "./tool-turn.ts";
import { ownerOf, type ToolTurnOptions, type TurnOrder, type TurnTerms } from "./turn-order.ts";
import { takenOver } from "./turn-task.ts";

export interface ToolTasksOptions extends ToolTurnOptions {
  skills: ToolSkills;
  dialer: Pick<Dialer, "hold">;
  find(agentId: string): Agent | undefined | Promise<Agent | undefined>;
}

const V1 = dialects["1.0"];

/**
 * Agents that are MCP servers, as A2A agents of version 1.0: whatever asks an A2A agent asks them in the same way. A tool's result is a
 * message; what waits, goes on or failed is a task, which the gateway keeps.
 */
export class ToolTasks {
  readonly #options: ToolTasksOptions;
  /** Turns of this node, by their tasks. */
  readonly #underWay = new Map<string, AbortController>();

  constructor(options: ToolTasksOptions) {
    this.#options = options;
  }

  call(
    agentId: string,
    _target: AgentInterface,
    operation: Operation,
    params: Payload,
    options: CallOptions,
  ): Abortable<UpstreamAnswer> {
    const stop = new AbortController();
    const response = this.#answer(agentId, operation, params.object, options, stop)
      .then((result) => ({ result: Payload.ofValue(V1, result), extensions: undefined }))
      .catch((error) => Promise.reject(upstreamError(error)));
    return { response, abort: () => stop.abort() };
  }

  open(
    agentId: string,
    _target: AgentInterface,
    operation: Operation,
    params: Payload,
    options: CallOptions,
  ): Abortable<UpstreamStream> {
    const stop = new AbortController();
    const events = new ToolEvents();
    stop.signal.addEventListener("abort", () => events.drop());
    const turn = this.#stream(agentId, operation, params.object, options, stop, events).catch((error) =>
      Promise.reject(upstreamError(error)),
    );
    const read = events.follow(turn);
    return { response: events.begun.then(() => ({ read, extensions: undefined })), abort: () => stop.abort() };
  }

  hold(owner: string): Holding {
    return this.#options.dialer.hold(owner);
  }

  async #answer(
    agentId: string,
    operation: Operation,
    params: JsonObject,
    options: CallOptions,
    stop: AbortController,
  ): Promise<JsonObject> {
    const agent = await this.#agent(agentId);
    const endsAt = this.#options.clock.monotonic() + options.timeoutMs;
    const terms = { call: options, endsAt, signal: stop.signal, tell: undefined };
    switch (operation) {
      case "SendMessage": {
        const { configuration } = params;
        const returnsAtOnce = isObject(configuration) && configuration.returnImmediately === true;
        return this.#run(await this.#turnOf(agent, params, options), { ...terms, returnsAtOnce }, stop);
      }
      case "GetTask": {
        const task = await this.#find(agent, params.id, options);
        if (task.state !== "working") return task.told;
        const { task: told } = await this.#about(agent, task, terms).then((turn) => turn.look());
        return told as JsonObject;
      }
      case "CancelTask": {
        const task = await this.#find(agent, params.id, options);
        if (task.state === "over") throw new A2AError("TaskNotCancelable", "The task is over");
        this.#underWay.get(task.id)?.abort();
        const { task: told } = await this.#about(agent, task, terms).then((turn) => turn.cancel());
        return told as JsonObject;
      }
      default:
        throw new A2AError("UnsupportedOperation", "The agent is an MCP server, which does not do that");
    }
  }

  async #stream(
    agentId: string,
    operation: Operation,
    params: JsonObject,
    options: CallOptions,
    stop: AbortController,
    { tell }: ToolEvents,
  ): Promise<void> {
    const agent = await this.#agent(agentId);
    const endsAt = this.#options.clock.monotonic() + options.timeoutMs;
    const terms = { call: options, endsAt, signal: stop.signal, returnsAtOnce: false, tell };
    if (operation === "SendStreamingMessage") {
      await this.#run(await this.#turnOf(agent, params, options), terms, stop);
      return;
    }
    const task = await this.#find(agent, params.id, options);
    if (isTerminal((task.told.status as { state?: TaskState }).state)) {
      throw new A2AError("UnsupportedOperation", "The task is over; there is nothing to subscribe to");
    }
    if (task.state !== "working" || task.upstreamId === undefined) return tell({ task: task.told });
    await (await this.#about(agent, task, terms)).watch();
  }

  async #run(order: TurnOrder, terms: TurnTerms, stop: AbortController): Promise<JsonObject> {
    const turn = new ToolTurn(this.#options, order, terms);
    const watched = order.task?.id;
    if (watched !== undefined) this.#underWay.set(watched, stop);
    try {
      return await turn.run();
    } finally {
      if (watched !== undefined) this.#underWay.delete(watched);
    }
  }

  /** What a message asks for. What it may not ask for was refused before anything was paid; here it has changed meanwhile. */
  async #turnOf(agent: Agent, params: JsonObject, call: CallOptions): Promise<TurnOrder> {
    const { tools, random, skills } = this.#options;
    await tools.fresh(agent);
    const order = readOrder(params);
    const { contextId: named } = params.message as { contextId?: unknown };
    const contextId = typeof named === "string" && named !== "" ? named : random.uuid();
    if (order.kind === "call") {
      const skill = demandLive(await skills(agent), order);
      return { agent, skill, args: argumentsOf(order, skill), contextId, task: undefined, responses: undefined };
    }
    const task = await this.#find(agent, order.taskId, call);
    const responses = responsesTo(task, order);
    const skill = this.#same(await skills(agent), task);
    return { agent, skill, args: task.args, contextId: task.contextId, task: await this.#claimed(task), responses };
  }

  /** The task, in the turn that this answer begins: whoever comes second is told so. */
  async #claimed(task: ToolTask): Promise<ToolTask> {
    const claimed: ToolTask = { ...task, turn: task.turn + 1, state: "working" };
    if (!(await this.#options.store.update(claimed, task))) throw takenOver();
    return claimed;
  }

  /** The tool as it was when the task began: nothing that was not approved is gone on with. */
  #same(skills: readonly AgentSkill[], { tool, digest }: ToolTask): AgentSkill {
    const skill = demandLive(skills, { tool, at: [] });
    if (skill.digest === digest) return skill;
    throw new A2AError("UnsupportedOperation", `The tool ${tool} has changed since the task began; send a new one`);
  }

  async #about(agent: Agent, task: ToolTask, terms: Omit<TurnTerms, "returnsAtOnce">): Promise<ToolTurn> {
    const skill = (await this.#options.skills(agent)).find(({ id }) => id === task.tool);
    if (!skill) throw new A2AError("UnsupportedOperation", `The tool ${task.tool} is gone`);
    const order = { agent, skill, args: task.args, contextId: task.contextId, task, responses: undefined };
    return new ToolTurn(this.#options, order, { ...terms, returnsAtOnce: false });
  }

  async #find(agent: Agent, id: unknown, call: CallOptions): Promise<ToolTask> {
    const { store } = this.#options;
    const task = typeof id === "string" ? await store.find(agent.id, id, ownerOf(call)) : undefined;
    if (!task) throw new A2AError("TaskNotFound", "Task not found");
    return task;
  }

  async #agent(agentId: string): Promise<Agent> {
    const agent = await this.#options.find(agentId);
    if (!agent) throw new A2AError("InternalError", "The agent is gone");
    return agent;
  }
}

/** What went wrong, as whoever asks A2A agents knows it. */
function upstreamError(error: unknown): unknown {
  if (error instanceof ServerFault)
    return new A2AError("InvalidAgentResponse", `The agent cannot be understood: ${error.message}`);
  if (error instanceof ServerStatusError) return statusError(error, error.body);
  if (error instanceof ServerError) return statusError(error, Buffer.from(JSON.stringify({ detail: error.message })));
  return error;
}

function statusError({ status, headers }: ServerStatusError | ServerError, body: Buffer): UpstreamStatusError {
  const told = new UpstreamStatusError(status, body);
  told.headers = headers;
  return told;
}
