import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import {
  CallerShares,
  demandFewElements,
  demandPatience,
  isJsonObject,
  type Misses,
  mayConnect,
  Problem,
  parseJsonBody,
  reserialize,
  type Undelivered,
} from "../http/index.ts";
import type { Clock, NetworkOf } from "../runtime/index.ts";
import type { Admission } from "./admission.ts";
import type { TaskPipeline, TaskRun } from "./pipeline.ts";
import { SocketIntake, type SocketOwner } from "./socket-intake.ts";
import type { TaskCaller, TaskRequest } from "./task.ts";

export interface TaskSocketsOptions {
  pipeline: TaskPipeline;
  admission: Admission;
  networkOf: NetworkOf;
  /** Counts results that are not read yet. */
  undelivered: Pick<Undelivered, "hold">;
  clock: Clock;
  /** Largest message in bytes. */
  messageBytesMax: number;
  /** Largest message in bytes of a caller whose key is not known, or not yet. */
  anonymousMessageBytesMax: number;
  /** All messages that are not handled yet, in bytes. */
  messageBytesInFlight: number;
  socketsMax: number;
  misses: Misses;
  /** Origins of pages that may open sockets, beside the gateway's own. */
  corsOrigins: readonly string[];
  publicUrl(): string;
}

const PING_INTERVAL_MS = 30_000;
/** How long a socket without a known key may be without a message, and a reader may take for a result. */
const PATIENCE_MS = 60_000;
/** Tasks that may wait on one socket while another is on its way. */
const WAITING_MAX = 16;
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
  readonly #places: CallerShares;
  readonly #bytes: CallerShares;
  #closing = false;

  constructor(options: TaskSocketsOptions) {
    this.#options = options;
    const { messageBytesMax, anonymousMessageBytesMax, messageBytesInFlight, socketsMax } = options;
    this.#places = new CallerShares({ total: socketsMax, least: { known: 1, anonymous: 1 } });
    this.#bytes = new CallerShares({
      total: messageBytesInFlight,
      least: { known: messageBytesMax, anonymous: anonymousMessageBytesMax },
    });
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: messageBytesMax,
      maxFragments: 1_024,
      perMessageDeflate: false,
      clientTracking: true,
    });
  }

  /** Bytes of messages that are held now. */
  get bytesHeld(): number {
    return this.#bytes.used;
  }

  /**
   * Takes over a connection that asks to be upgraded. Nothing is read from it before it is known whose it is.
   * @throws Problem 403 for a page of a foreign origin, 429 when the client has no token left
   */
  async accept(request: IncomingMessage, head: Buffer, caller: TaskCaller): Promise<void> {
    const { admission, misses, corsOrigins, publicUrl } = this.#options;
    if (!mayConnect(request.headers, { corsOrigins, publicUrl: publicUrl() })) {
      throw new Problem(403, "Pages of this origin may not open sockets here", { code: "origin_not_allowed" });
    }
    demandPatience(misses, caller.clientIp);
    const agent = await admission.knock(caller);
    if (!agent) misses.note(caller.clientIp);
    const name = await admission.nameOf(caller);
    this.#server.handleUpgrade(request, request.socket, head, (socket) => {
      if (this.#closing) return socket.close(GOING_AWAY, STOPPING);
      const taskSocket = new TaskSocket(socket, request.socket, caller, this.#ownerOf(caller, name), {
        ...this.#options,
        places: this.#places,
        bytes: this.#bytes,
        ownerOf: (known) => this.#ownerOf(caller, known),
      });
      this.#open.add(taskSocket);
      socket.on("close", () => this.#open.delete(taskSocket));
      return taskSocket.open(agent !== undefined);
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

  #ownerOf({ clientIp }: TaskCaller, name: string | undefined): SocketOwner {
    const { networkOf, messageBytesMax, anonymousMessageBytesMax } = this.#options;
    return name === undefined
      ? { owner: { isKnown: false, name: networkOf(clientIp) }, messageBytesMax: anonymousMessageBytesMax }
      : { owner: { isKnown: true, name }, messageBytesMax };
  }
}

interface TaskSocketOptions extends TaskSocketsOptions {
  places: CallerShares;
  bytes: CallerShares;
  ownerOf(known: string): SocketOwner;
}

type Message = { type: "status" | "error"; data: string } | { type: "result"; data: unknown };

class TaskSocket {
  readonly #socket: WebSocket;
  readonly #raw: IncomingMessage["socket"];
  readonly #options: TaskSocketOptions;
  readonly #caller: TaskCaller;
  readonly #intake: SocketIntake;
  #owner: SocketOwner;
  #bearer: string | undefined;
  #run: TaskRun | undefined;
  #waiting = 0;
  #waitingLength = 0;
  #wrongKeys = 0;
  #retired = false;
  #isPaused = false;
  #last: Promise<void> = Promise.resolve();
  #cancelIdle = () => {};

  constructor(
    socket: WebSocket,
    raw: IncomingMessage["socket"],
    caller: TaskCaller,
    owner: SocketOwner,
    options: TaskSocketOptions,
  ) {
    this.#socket = socket;
    this.#raw = raw;
    this.#caller = caller;
    this.#bearer = caller.bearer;
    this.#owner = owner;
    this.#options = options;
    this.#intake = new SocketIntake(socket, raw, { ...owner, clock: options.clock, budget: options.bytes });
  }

  /** @param hasAgent a socket to nowhere says so at once */
  open(hasAgent: boolean): void {
    this.#socket.on("error", () => this.#socket.terminate());
    if (!this.#takePlace()) return;
    if (!hasAgent) {
      this.#closeUnknown();
      return;
    }
    const stopPinging = this.#keepAlive();
    this.#socket.on("close", () => {
      stopPinging();
      this.#cancelIdle();
      this.#run?.cancel();
    });
    this.#expectMessage();
    this.#socket.on("message", (data, isBinary) => this.#take(data as Buffer, isBinary));
  }

  /** Takes no more messages, and closes once those that came are handled. */
  retire(): void {
    this.#retired = true;
    this.#last.then(() => this.#socket.close(GOING_AWAY, STOPPING));
  }

  #takePlace(): boolean {
    const { places } = this.#options;
    if (places.take(this.#owner.owner, 1)) {
      this.#intake.close(TRY_AGAIN_LATER, "Too many sockets");
      return false;
    }
    this.#socket.on("close", () => places.give(this.#owner.owner, 1));
    return true;
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#retired) {
      this.#send({ type: "error", data: STOPPING });
      return;
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { length } = data;
    if (!this.#hasRoomFor(length)) {
      this.#intake.cut(POLICY_VIOLATION, "Too many messages at once");
      return;
    }
    this.#cancelIdle();
    this.#waiting++;
    this.#waitingLength += length;
    this.#intake.keep(length);
    const text = isBinary ? undefined : data.toString();
    // Who shows a key may send large messages right behind it.
    if (!this.#owner.owner.isKnown && text?.includes('"auth"')) this.#pause();
    this.#last = this.#last
      .then(() => this.#handle(text))
      .catch((error) => this.#send({ type: "error", data: describe(error) }))
      .then(() => this.#untilRead())
      .finally(() => {
        this.#waiting--;
        this.#waitingLength -= length;
        this.#intake.release(length);
        if (this.#waiting === 0) this.#expectMessage();
      });
  }

  #pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** All that waits takes no more than the largest message may. */
  #hasRoomFor(length: number): boolean {
    return this.#waiting < WAITING_MAX && this.#waitingLength + length <= this.#owner.messageBytesMax;
  }

  /** A socket of somebody unknown that says nothing gives its place to others. */
  #expectMessage(): void {
    this.#cancelIdle();
    if (this.#owner.owner.isKnown || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#cancelIdle = this.#options.clock.after(PATIENCE_MS, () =>
      this.#intake.close(POLICY_VIOLATION, "Authenticate, or send a task, within a minute"),
    );
  }

  #closeUnknown(): void {
    this.#send({ type: "error", data: "Agent not found" });
    this.#intake.close(UNKNOWN_AGENT, "Agent not found");
  }

  async #handle(text: string | undefined): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (text === undefined) throw new Problem(422, "Send text messages, not binary ones");
    try {
      if (!this.#owner.owner.isKnown) demandFewElements(text);
      const message = parseMessage(text);
      if (message.type === "auth") {
        await this.#authenticate(message.token);
        return;
      }
      const task = message.type === "task" && isJsonObject(message.task) ? message.task : message;
      const body = reserialize(message, text, task === message ? undefined : "task");
      await this.#route({ ...this.#caller, bearer: this.#bearer, task, body });
    } finally {
      this.#resume();
    }
  }

  /** Each key shown takes a token, as each call over HTTP does. */
  async #authenticate(token: unknown): Promise<void> {
    if (typeof token !== "string" || token === "") throw new Problem(401, "Send the key as token");
    const { admission, ownerOf } = this.#options;
    if (!(await this.#mayTry())) return;
    const name = await admission.nameOf({ ...this.#caller, bearer: token, payerKey: undefined });
    if (name === undefined) {
      this.#refuseKey();
      return;
    }
    this.#bearer = token;
    this.#become(ownerOf(name));
    this.#send({ type: "status", data: "Authenticated" });
  }

  /** Who has no token left gets no answer to its next keys either: the socket ends. */
  async #mayTry(): Promise<boolean> {
    const { admission, misses } = this.#options;
    try {
      demandPatience(misses, this.#caller.clientIp);
      await admission.knock(this.#caller);
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429) throw error;
      this.#send({ type: "error", data: error.message });
      this.#intake.close(TRY_AGAIN_LATER, "Too many requests");
      return false;
    }
  }

  /** Where the new owner has no place left, the socket keeps the one that it has. */
  #become(next: SocketOwner): void {
    const { places } = this.#options;
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (places.take(next.owner, 1)) {
      this.#owner = { owner: this.#owner.owner, messageBytesMax: next.messageBytesMax };
    } else {
      places.give(this.#owner.owner, 1);
      this.#owner = next;
    }
    this.#intake.become(next);
  }

  #refuseKey(): void {
    this.#wrongKeys++;
    this.#options.misses.note(this.#caller.clientIp);
    this.#send({ type: "error", data: "Invalid API key" });
    if (this.#wrongKeys >= WRONG_KEYS_MAX) this.#intake.close(POLICY_VIOLATION, "Too many wrong keys");
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

  /** Resolves when the text has left this process, or never can: a reader that lags has one result waiting, not many, and not for ever. */
  #deliver(text: string): Promise<void> {
    return new Promise((resolve) => {
      const { clock, networkOf, undelivered } = this.#options;
      const cancel = clock.after(PATIENCE_MS, () => this.#socket.terminate());
      const read = undelivered.hold(networkOf(this.#caller.clientIp), text.length);
      this.#socket.send(text, () => {
        read();
        cancel();
        resolve();
      });
    });
  }

  /** Who does not read what it is told is not listened to. */
  #untilRead(): Promise<void> | undefined {
    const raw = this.#raw;
    if (!raw.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(PATIENCE_MS, () => this.#socket.terminate());
      const over = () => {
        cancel();
        raw.off("drain", over).off("close", over);
        resolve();
      };
      raw.on("drain", over).on("close", over);
    });
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
        // Who is not read from cannot be heard.
        if (!answered && !this.#isPaused) return this.#socket.terminate();
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
