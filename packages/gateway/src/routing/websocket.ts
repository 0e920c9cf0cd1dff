import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { type Authenticate, isJsonObject, Problem, parseJsonBody, reserialize } from "../http/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { TaskPipeline, TaskRun } from "./pipeline.ts";
import type { TaskCaller, TaskRequest } from "./task.ts";

export interface TaskSocketsOptions {
  pipeline: TaskPipeline;
  authenticate: Authenticate;
  /** The agent as far as this face needs it; undefined when there is none. */
  findAgent(id: string): Promise<{ opens(key: string): boolean } | undefined>;
  clock: Clock;
  messageBytesMax: number;
}

const PING_INTERVAL_MS = 30_000;
/** Tasks that may wait on one socket while another is on its way. */
const WAITING_MAX = 16;
const SOCKETS_MAX = 10_000;
/** Wrong keys after which a socket is closed, so that nobody tries many on one connection. */
const WRONG_KEYS_MAX = 3;
/** Close codes: contract section 4 for an unknown agent; RFC 6455, section 7.4.1 for the others. */
const UNKNOWN_AGENT = 4004;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;
const STOPPING = "The gateway is stopping";

/** Tasks over WebSocket: `auth`, then tasks one after the other, each answered by `status` and `result` or `error`. */
export class TaskSockets {
  readonly #options: TaskSocketsOptions;
  readonly #server: WebSocketServer;
  readonly #open = new Set<TaskSocket>();
  #closing = false;

  constructor(options: TaskSocketsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({ noServer: true, maxPayload: options.messageBytesMax, clientTracking: true });
  }

  /** Takes over an upgraded connection. */
  accept(request: IncomingMessage, head: Buffer, caller: TaskCaller): void {
    this.#server.handleUpgrade(request, request.socket, head, (socket) => {
      if (this.#closing) return socket.close(GOING_AWAY, STOPPING);
      if (this.#server.clients.size > SOCKETS_MAX) return socket.close(TRY_AGAIN_LATER, "Too many sockets");
      const taskSocket = new TaskSocket(socket, caller, this.#options);
      this.#open.add(taskSocket);
      socket.on("close", () => this.#open.delete(taskSocket));
      return taskSocket.open();
    });
  }

  /** Closes every socket as soon as the tasks sent over it so far are answered. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#open) socket.retire();
  }

  /** Cuts off whoever is still there. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }
}

type Message = { type: "status" | "error"; data: string } | { type: "result"; data: unknown };

class TaskSocket {
  readonly #socket: WebSocket;
  readonly #options: TaskSocketsOptions;
  readonly #caller: TaskCaller;
  #bearer: string | undefined;
  #run: TaskRun | undefined;
  #waiting = 0;
  #waitingLength = 0;
  #wrongKeys = 0;
  #retired = false;
  #last: Promise<void>;

  constructor(socket: WebSocket, caller: TaskCaller, options: TaskSocketsOptions) {
    this.#socket = socket;
    this.#caller = caller;
    this.#bearer = caller.bearer;
    this.#options = options;
    this.#last = this.#demandAgent();
  }

  open(): void {
    const stopPinging = this.#keepAlive();
    this.#socket.on("error", () => this.#socket.terminate());
    this.#socket.on("close", () => {
      stopPinging();
      this.#run?.cancel();
    });
    this.#socket.on("message", (data, isBinary) => {
      if (this.#retired) return this.#send({ type: "error", data: STOPPING });
      if (isBinary) return this.#send({ type: "error", data: "Send text messages, not binary ones" });
      const text = data.toString();
      if (!this.#hasRoomFor(text.length)) return this.#socket.close(POLICY_VIOLATION, "Too many messages at once");
      this.#waiting++;
      this.#waitingLength += text.length;
      this.#last = this.#last
        .then(() => this.#handle(text))
        .catch((error) => this.#send({ type: "error", data: describe(error) }))
        .finally(() => {
          this.#waiting--;
          this.#waitingLength -= text.length;
        });
      return undefined;
    });
  }

  /** Takes no more messages, and closes once those that came are handled. */
  retire(): void {
    this.#retired = true;
    this.#last.then(() => this.#socket.close(GOING_AWAY, STOPPING));
  }

  /** All that waits takes no more than the largest message may. */
  #hasRoomFor(length: number): boolean {
    return this.#waiting < WAITING_MAX && this.#waitingLength + length <= this.#options.messageBytesMax;
  }

  /** A socket to nowhere says so at once. */
  async #demandAgent(): Promise<void> {
    try {
      if (!(await this.#options.findAgent(this.#caller.agentId))) this.#closeUnknown();
    } catch (error) {
      this.#send({ type: "error", data: describe(error) });
    }
  }

  #closeUnknown(): void {
    this.#send({ type: "error", data: "Agent not found" });
    this.#socket.close(UNKNOWN_AGENT, "Agent not found");
  }

  async #handle(text: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = parseMessage(text);
    if (message.type === "auth") return this.#authenticate(message.token);
    const task = message.type === "task" && isJsonObject(message.task) ? message.task : message;
    const body = reserialize(message, text, task === message ? undefined : "task");
    await this.#route({ ...this.#caller, bearer: this.#bearer, task, body });
  }

  async #authenticate(token: unknown): Promise<void> {
    if (typeof token !== "string" || token === "") throw new Problem(401, "Send the key as token");
    const agent = await this.#options.findAgent(this.#caller.agentId);
    if (!agent?.opens(token) && !(await this.#options.authenticate(token))) return this.#refuseKey();
    this.#bearer = token;
    this.#send({ type: "status", data: "Authenticated" });
  }

  #refuseKey(): void {
    this.#wrongKeys++;
    this.#send({ type: "error", data: "Invalid API key" });
    if (this.#wrongKeys >= WRONG_KEYS_MAX) this.#socket.close(POLICY_VIOLATION, "Too many wrong keys");
  }

  async #route(request: TaskRequest): Promise<void> {
    try {
      const run = await this.#options.pipeline.start(request);
      this.#run = run;
      if (this.#socket.readyState !== this.#socket.OPEN) run.cancel();
      this.#send({ type: "status", data: `Routing task to ${run.agent.name}` });
      const { body } = await run.answer;
      await this.#deliver(`{"type":"result","data":${body}}`);
    } catch (error) {
      // An agent's own 404 is an answer; only the gateway's says that there is no agent.
      if (error instanceof Problem && error.code === "not_found") this.#closeUnknown();
      else this.#send({ type: "error", data: describe(error) });
    } finally {
      this.#run = undefined;
    }
  }

  #send(message: Message): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Resolves when the text has left this process, or never can: a reader that lags has one result waiting, not many. */
  #deliver(text: string): Promise<void> {
    return new Promise((resolve) => this.#socket.send(text, () => resolve()));
  }

  /** Pings the client and gives it up when it has not answered by the next ping. */
  #keepAlive(): () => void {
    let answered = true;
    let cancel: () => void;
    this.#socket.on("pong", () => {
      answered = true;
    });
    const schedule = () => {
      cancel = this.#options.clock.after(PING_INTERVAL_MS, () => {
        if (!answered) return this.#socket.terminate();
        answered = false;
        this.#socket.ping();
        schedule();
      });
    };
    schedule();
    return () => cancel();
  }
}

function parseMessage(text: string): Record<string, unknown> {
  const message = parseJsonBody(text);
  if (!isJsonObject(message)) throw new Problem(422, "A message is a JSON object");
  return message;
}

const describe = (error: unknown): string => (error instanceof Problem ? error.message : "Internal server error");
