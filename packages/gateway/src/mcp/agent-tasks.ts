import { A2AError, dialects, type JsonObject } from "@agentgate/protocol/a2a";
import type { A2ACall, A2ARoom } from "../a2a/index.ts";
import { Payload, type TaskCaller } from "../routing/index.ts";

const V1 = dialects["1.0"];

/** A task that the agent does not know (any more), or that is somebody else's. */
export const isUnknownTask = (error: unknown): boolean => A2AError.isInstance(error) && error.is("TaskNotFound");

/** Asks agents for tasks that are under way, as A2A's own entrances do: whose a task is, and what of it may be told, is decided there. */
export class AgentTasks {
  readonly #service: A2ARoom["service"];

  constructor(service: A2ARoom["service"]) {
    this.#service = service;
  }

  /** The task as it is now, in 1.0's shape. @throws A2AError, Problem */
  get(caller: TaskCaller, taskId: string): Promise<JsonObject> {
    return this.#ask("GetTask", caller, taskId);
  }

  /** The task after its agent was told to stop. @throws A2AError, Problem */
  cancel(caller: TaskCaller, taskId: string): Promise<JsonObject> {
    return this.#ask("CancelTask", caller, taskId);
  }

  async #ask(operation: A2ACall["operation"], caller: TaskCaller, taskId: string): Promise<JsonObject> {
    const reply = await this.#service.handle({
      operation,
      params: Payload.ofValue(V1, { id: taskId }),
      speech: { version: "1.0", binding: "JSONRPC" },
      caller: { ...caller, idempotencyKey: undefined },
      extensions: undefined,
      rpcId: "1",
      connection: PRESENT,
    });
    if (!("result" in reply)) throw new Error(`${operation} is answered at once`);
    return reply.result.object;
  }
}

/** Answers to both are short, and waited for. */
const PRESENT: A2ACall["connection"] = { destroyed: false, once() {} };
