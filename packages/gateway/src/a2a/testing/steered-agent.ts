import type { ServerResponse } from "node:http";
import { type RawAgent, type RawRequest, rpcResult, startRawAgent } from "./raw-agent.ts";

/** A stream of such an agent. */
interface Opened {
  method: string;
  taskId: string;
  response: ServerResponse;
  closed: boolean;
}

/** An agent whose streams a test steers, and whose tasks it keeps. */
export class SteeredAgent {
  agent!: RawAgent;
  readonly tasks = new Map<string, string>();
  readonly opened: Opened[] = [];
  /** What streams begin with, instead of their task. */
  leading: ((taskId: string) => object) | undefined;
  #count = 0;

  async start(): Promise<this> {
    this.agent = await startRawAgent((request, response) => this.#answer(request, response));
    return this;
  }

  get cardUrl(): string {
    return `${this.agent.url}/.well-known/agent-card.json`;
  }

  /** The stream that was opened last. */
  get latest(): Opened {
    return this.opened.at(-1)!;
  }

  task(id: string): string {
    return `{"id":"${id}","contextId":"c-${id}","status":{"state":"${this.tasks.get(id)}"}}`;
  }

  event(stream: Pick<Opened, "response">, result: string): void {
    stream.response.write(`data: ${rpcResult(1, result)}\n\n`);
  }

  /** Moves a task and tells it on a stream. */
  move(stream: Pick<Opened, "response" | "taskId">, state: string): void {
    this.tasks.set(stream.taskId, state);
    const { taskId } = stream;
    this.event(
      stream,
      `{"statusUpdate":{"taskId":"${taskId}","contextId":"c-${taskId}","status":{"state":"${state}"}}}`,
    );
  }

  #answer({ body }: RawRequest, response: ServerResponse): void {
    const { method, params, id: rpcId } = body;
    const json = (text: string) => response.setHeader("content-type", "application/json").end(text);
    const error = (code: number) =>
      json(`{"jsonrpc":"2.0","id":${JSON.stringify(rpcId)},"error":{"code":${code},"message":"no"}}`);
    if (method === "SendStreamingMessage" || method === "SendMessage") {
      const taskId = `t${++this.#count}-${Math.random()}`;
      this.tasks.set(taskId, "TASK_STATE_WORKING");
      if (method === "SendMessage") {
        json(rpcResult(rpcId, `{"task":${this.task(taskId)}}`));
        return;
      }
      this.#open(method, taskId, response);
      return;
    }
    if (!this.tasks.has(params.id)) {
      error(-32001);
      return;
    }
    if (method === "GetTask") {
      json(rpcResult(rpcId, this.task(params.id)));
      return;
    }
    if (method === "SubscribeToTask" && this.tasks.get(params.id) === "TASK_STATE_WORKING") {
      this.#open(method, params.id, response);
      return;
    }
    error(-32004);
  }

  #open(method: string, taskId: string, response: ServerResponse): void {
    const stream = { method, taskId, response, closed: false };
    this.opened.push(stream);
    response.on("close", () => {
      stream.closed = true;
    });
    response.setHeader("content-type", "text/event-stream");
    this.event(stream, this.leading ? JSON.stringify(this.leading(taskId)) : `{"task":${this.task(taskId)}}`);
  }
}
