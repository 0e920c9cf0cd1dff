import type { ServerResponse } from "node:http";
import { cardOf, type RawAgent, type RawRequest, rpcResult, startRawAgent } from "../../a2a/testing/raw-agent.ts";

interface KeptTask {
  id: string;
  contextId: string;
  status: { state: string; message?: object; timestamp: string };
  artifacts?: object[];
  metadata?: object;
}

/** What a message comes to. */
export interface Behaviour {
  state: string;
  /** Parts said with the state. */
  says?: object[];
  /** Parts of its artifact. */
  makes?: object[];
}

/** An A2A agent that keeps tasks, which go as a test says. */
export class TaskAgent {
  agent!: RawAgent;
  readonly tasks = new Map<string, KeptTask>();
  readonly messages: any[] = [];
  readonly cancelled: string[] = [];
  readonly #streams = new Map<string, Set<ServerResponse>>();
  readonly #behave: (message: any, turn: number) => Behaviour;
  readonly #skills: object[];
  #count = 0;

  constructor(behave: (message: any, turn: number) => Behaviour, skills: object[] = [{ id: "work", name: "Work" }]) {
    this.#behave = behave;
    this.#skills = skills;
  }

  async start(): Promise<this> {
    const skills = this.#skills.map((skill) => ({ description: "", tags: [], ...skill }));
    this.agent = await startRawAgent(
      (request, response) => this.#answer(request, response),
      (url) => cardOf(url, { name: "Worker", skills }),
    );
    return this;
  }

  get url(): string {
    return this.agent.url;
  }

  get latest(): KeptTask {
    return [...this.tasks.values()].at(-1)!;
  }

  /** Streams of this task that are open. */
  openStreams(taskId: string): number {
    return this.#streams.get(taskId)?.size ?? 0;
  }

  /** Tells a state, with words, on the task's streams. */
  move(task: KeptTask, { state, says, makes }: Behaviour): void {
    if (makes) {
      task.artifacts = [{ artifactId: "a", parts: makes }];
      this.#tell(task, { artifactUpdate: { taskId: task.id, contextId: task.contextId, artifact: task.artifacts[0] } });
    }
    task.status = statusOf(state, says);
    this.#tell(task, { statusUpdate: { taskId: task.id, contextId: task.contextId, status: task.status } });
    if (!state.endsWith("WORKING")) this.#end(task);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  #tell(task: KeptTask, event: object): void {
    for (const response of this.#streams.get(task.id) ?? []) {
      response.write(`data: ${rpcResult(1, JSON.stringify(event))}\n\n`);
    }
  }

  #end(task: KeptTask): void {
    for (const response of this.#streams.get(task.id) ?? []) response.end();
    this.#streams.delete(task.id);
  }

  #answer({ body, path }: RawRequest, response: ServerResponse): void {
    if (!body) {
      response.writeHead(404).end(path);
      return;
    }
    const { method, params, id } = body;
    const json = (result: unknown) =>
      response.setHeader("content-type", "application/json").end(rpcResult(id, JSON.stringify(result)));
    const error = (code: number) =>
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "no" } }));
    if (method === "SendMessage" || method === "SendStreamingMessage") {
      this.#send(method, params.message, response, json);
      return;
    }
    const task = this.tasks.get(params.id);
    if (!task) error(-32001);
    else if (method === "GetTask") json(task);
    else if (method === "CancelTask") {
      this.cancelled.push(task.id);
      if (/COMPLETED|CANCELED|FAILED/.test(task.status.state)) error(-32002);
      else {
        this.move(task, { state: "TASK_STATE_CANCELED" });
        json(task);
      }
    } else error(-32004);
  }

  #send(method: string, message: any, response: ServerResponse, json: (result: unknown) => void): void {
    this.messages.push(message);
    const known = message.taskId && this.tasks.get(message.taskId);
    const id = known ? known.id : `t-${++this.#count}-${Math.random()}`;
    const turn = this.messages.filter(({ taskId }) => taskId === id).length;
    const { state, says, makes } = this.#behave(message, turn);
    const task: KeptTask = known ?? { id, contextId: message.contextId ?? `c-${id}`, status: statusOf(state) };
    task.status = statusOf(state, says);
    if (makes) task.artifacts = [{ artifactId: "a", parts: makes }];
    this.tasks.set(id, task);
    if (method === "SendMessage") {
      json({ task });
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    response.write(`data: ${rpcResult(1, JSON.stringify({ task }))}\n\n`);
    if (!state.endsWith("WORKING")) {
      response.end();
      return;
    }
    const streams = this.#streams.get(id) ?? new Set();
    this.#streams.set(id, streams.add(response));
    response.on("close", () => streams.delete(response));
  }
}

let told = 0;
const statusOf = (state: string, says?: object[]): KeptTask["status"] => ({
  state,
  timestamp: new Date(1_700_000_000_000 + 1_000 * told++).toISOString(),
  ...(says && { message: { messageId: `m-${told}`, role: "ROLE_AGENT", parts: says } }),
});
