import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dialects, isObject, type JsonObject, operationOfMethod } from "@agentgate/protocol/a2a";

/** What such an agent makes of one message; it is the message's text. */
export interface Script {
  /** Names the case, and the task. */
  name: string;
  /** How many of its events the agent sends before it waits for its caller to leave; 0: the head alone. */
  upTo: number;
  /** What becomes of the task when its stream is closed. */
  fate: "completes" | "fails" | "works on";
  /** Whether the agent can be told to stop. */
  stops?: boolean;
  /** Ends the stream itself after its events: with this state, or by breaking it off. */
  ends?: "TASK_STATE_COMPLETED" | "TASK_STATE_FAILED" | "TASK_STATE_CANCELED" | "break";
  /** A single answer tells the state alone. */
  bare?: boolean;
}

export interface LeavingAgentOptions {
  version: "1.0" | "0.3";
  /** Whether it can be asked for its tasks. */
  keepsTasks: boolean;
  streaming?: boolean;
}

interface Task {
  script: Script;
  state: string;
  /** Who hears of it beside the stream. */
  push: { url: string; token: string } | undefined;
}

const PIECES = ["PIECE-1", "PIECE-2", "PIECE-3"];
/** The events of a stream: the task, an artifact, a state with a message, one more artifact. */
export const EVENTS_MAX = 1 + PIECES.length;
/** How many pieces have been sent by then. */
export const piecesBy = (upTo: number): number => Math.max(0, upTo - 1);

/** An agent that does as each message says, as far as its caller lets it. Everything that is worth money in it holds `PIECE`. */
export class LeavingAgent {
  readonly options: LeavingAgentOptions;
  readonly tasks = new Map<string, Task>();
  /** Names of cases that the agent was told to stop. */
  readonly stopped = new Set<string>();
  url = "";
  #server: Server | undefined;

  constructor(options: LeavingAgentOptions) {
    this.options = options;
  }

  async start(): Promise<this> {
    this.#server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        if (request.url === "/health") return void response.end("ok");
        if (request.method === "GET") return void response.end(JSON.stringify(this.#card()));
        return this.#answer(JSON.parse(text), response);
      });
      response.on("error", () => {});
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server!.close(() => resolve());
      this.#server!.closeAllConnections();
    });
  }

  #card(): object {
    const { version, streaming = true } = this.options;
    const common = {
      ...{ name: "leaving", description: "", version: "1", skills: [], defaultInputModes: [], defaultOutputModes: [] },
      capabilities: { streaming, pushNotifications: true },
    };
    const binding = { url: this.url, protocolBinding: "JSONRPC", protocolVersion: "1.0" };
    return version === "1.0"
      ? { ...common, supportedInterfaces: [binding] }
      : { ...common, protocolVersion: "0.3.0", preferredTransport: "JSONRPC", url: this.url };
  }

  get #dialect() {
    return dialects[this.options.version];
  }

  #answer({ id, method, params: given }: any, response: ServerResponse): void {
    const operation = operationOfMethod(method, this.options.version)!;
    const params = this.#dialect.fromParams(operation, given);
    const envelope = (result: unknown) => JSON.stringify({ jsonrpc: "2.0", id, result });
    const reply = (result: JsonObject) => response.end(envelope(this.#dialect.toResult(operation, result)));
    const refuse = (code: number) =>
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "no" } }));
    if (operation === "SendStreamingMessage" || operation === "SendMessage") {
      const task = this.#begin(params);
      if (operation === "SendMessage") {
        const { artifacts: _, ...bare } = this.#task(task);
        return void reply({ task: task.script.bare ? bare : this.#task(task) });
      }
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      const send = (event: JsonObject) => response.write(`data: ${envelope(this.#dialect.toEvent(event))}\n\n`);
      for (const event of this.#events(task).slice(0, task.script.upTo)) send(event);
      response.on("close", () => this.#left(task));
      const { ends, name } = task.script;
      if (ends === "break") setTimeout(() => response.destroy(), 20);
      else if (ends !== undefined) {
        task.state = ends;
        send({ statusUpdate: { taskId: name, contextId: `c-${name}`, status: { state: ends } } });
        response.end();
      }
      return;
    }
    const task = this.tasks.get(String(params.id));
    if (operation === "CancelTask" && task) {
      this.stopped.add(task.script.name);
      // It may hear of this before it hears that its stream was closed.
      this.#left(task);
      if (!task.script.stops) return void refuse(-32002);
      task.state = "TASK_STATE_CANCELED";
      return void reply(this.#task(task));
    }
    if (!task || !this.options.keepsTasks) return void refuse(-32001);
    if (operation === "GetTask") return void reply(this.#task(task));
    if (operation === "SubscribeToTask" && task.state === "TASK_STATE_WORKING") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${envelope(this.#dialect.toEvent({ task: this.#task(task) }))}\n\n`);
      return;
    }
    refuse(-32004);
  }

  #begin({ message, configuration }: JsonObject): Task {
    const { parts } = message as { parts: { text: string }[] };
    const script: Script = JSON.parse(parts[0]!.text);
    const config = isObject(configuration) ? configuration.taskPushNotificationConfig : undefined;
    const { url, token } = isObject(config) ? config : {};
    const push = url === undefined ? undefined : { url: String(url), token: String(token) };
    const task: Task = { script, state: "TASK_STATE_WORKING", push };
    this.tasks.set(script.name, task);
    return task;
  }

  #events({ script: { name: taskId } }: Task): JsonObject[] {
    const contextId = `c-${taskId}`;
    const artifact = (text: string) => ({
      artifactUpdate: { taskId, contextId, artifact: { artifactId: text, parts: [{ text }] } },
    });
    const said = { messageId: "m", role: "ROLE_AGENT", parts: [{ text: PIECES[1] }] };
    return [
      { task: { id: taskId, contextId, status: { state: "TASK_STATE_WORKING" } } },
      artifact(PIECES[0]!),
      { statusUpdate: { taskId, contextId, status: { state: "TASK_STATE_WORKING", message: said } } },
      artifact(PIECES[2]!),
    ];
  }

  /** As it is now: with all pieces, whether it had sent them or not. */
  #task({ script: { name }, state }: Task): JsonObject {
    const artifacts = PIECES.map((text) => ({ artifactId: text, parts: [{ text }] }));
    return { id: name, contextId: `c-${name}`, status: { state }, artifacts };
  }

  #left(task: Task): void {
    if (task.state !== "TASK_STATE_WORKING") return;
    if (task.script.fate === "completes") task.state = "TASK_STATE_COMPLETED";
    if (task.script.fate === "fails") task.state = "TASK_STATE_FAILED";
  }

  /** Sends the task to whoever is to be notified. */
  async push(name: string): Promise<number | undefined> {
    const task = this.tasks.get(name);
    if (!task?.push) return undefined;
    const { url, token } = task.push;
    const headers = { "content-type": "application/json", "x-a2a-notification-token": token };
    const body = JSON.stringify(this.#dialect.toEvent({ task: this.#task(task) }));
    return (await fetch(url, { method: "POST", headers, body })).status;
  }
}
