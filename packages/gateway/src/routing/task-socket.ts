import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import type { KeyUse } from "../access/index.ts";
import {
  type CallerShares,
  demandFewElements,
  demandPatience,
  invalidApiKey,
  isJsonObject,
  type LoggedRequest,
  type Misses,
  notFound,
  Problem,
  type RequestLog,
  reserialize,
  type Undelivered,
} from "../http/index.ts";
import type { KeyWatch } from "../orgs/index.ts";
import type { Clock, NetworkOf } from "../runtime/index.ts";
import { GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN_LATER, UNKNOWN_AGENT } from "./close-codes.ts";
import type { Connections } from "./connections.ts";
import type { ReaderSink } from "./lagging-reader.ts";
import type { TaskPipeline, TaskRun } from "./pipeline.ts";
import { SocketIntake, type SocketOwner } from "./socket-intake.ts";
import { errorMessage, parseMessage } from "./socket-messages.ts";
import { pingUntilSilent } from "./socket-pings.ts";
import { SocketPlace } from "./socket-place.ts";
import { SocketReader } from "./socket-reader.ts";
import type { TaskCaller, TaskRequest } from "./task.ts";

/** How long a socket without a known key may be without a message. */
const PATIENCE_MS = 60_000;
/** Tasks that may wait on one socket while another is on its way. */
const WAITING_MAX = 16;
/** Wrong keys after which a socket is closed, so that nobody tries many on one connection. */
const WRONG_KEYS_MAX = 3;
export const STOPPING = "The gateway is stopping";

/** What all sockets work with. */
export interface SocketSurroundings {
  pipeline: TaskPipeline;
  connections: Connections;
  keyWatch: Pick<KeyWatch, "watch">;
  networkOf: NetworkOf;
  /** Counts results that are not read yet. */
  undelivered: Pick<Undelivered, "hold">;
  requestLog: Pick<RequestLog, "refused" | "answered" | "tellsAll">;
  clock: Clock;
  misses: Misses;
}

export interface TaskSocketOptions extends SocketSurroundings {
  /** For sockets, of all callers. */
  places: CallerShares;
  /** Of messages, of all sockets. */
  bytes: CallerShares;
  /** Whose a socket is that shows this name's key. */
  ownerOf(known: string): SocketOwner;
}

/** One client's connection: its messages are handled one after the other. */
export class TaskSocket {
  readonly #socket: WebSocket;
  readonly #options: TaskSocketOptions;
  readonly #caller: TaskCaller;
  readonly #intake: SocketIntake;
  readonly #reader: SocketReader;
  readonly #place: SocketPlace;
  #bearer: string | undefined;
  #run: TaskRun | undefined;
  #waiting = 0;
  #waitingLength = 0;
  #wrongKeys = 0;
  #retired = false;
  #isPaused = false;
  #last: Promise<void> = Promise.resolve();
  #cancelIdle = () => {};
  #stopWatching = () => {};

  constructor(
    socket: WebSocket,
    raw: IncomingMessage["socket"],
    caller: TaskCaller,
    owner: SocketOwner,
    options: TaskSocketOptions,
  ) {
    this.#socket = socket;
    this.#caller = caller;
    this.#bearer = caller.bearer;
    this.#options = options;
    const { clock, bytes, places, undelivered, networkOf } = options;
    this.#place = new SocketPlace(owner, places);
    this.#intake = new SocketIntake(socket, raw, { ...owner, clock, budget: bytes });
    this.#reader = new SocketReader(socket, raw, { clock, undelivered, network: networkOf(caller.clientIp) });
  }

  /**
   * @param hasAgent a socket to nowhere says so at once
   * @param keyUse of the keys that came with its head
   */
  open(hasAgent: boolean, keyUse: KeyUse): void {
    this.#socket.on("error", () => this.#socket.terminate());
    if (!this.#place.take()) {
      this.#intake.close(TRY_AGAIN_LATER, "Too many sockets");
      return;
    }
    this.#socket.on("close", () => this.#place.give());
    if (!hasAgent) {
      this.#closeUnknown();
      return;
    }
    const stopPinging = pingUntilSilent(this.#socket, this.#options.clock, () => this.#isPaused);
    this.#socket.on("close", () => {
      stopPinging();
      this.#cancelIdle();
      this.#stopWatching();
      this.#run?.cancel();
    });
    this.#watch(keyUse);
    this.#expectMessage();
    this.#socket.on("message", (data, isBinary) => this.#take(data as Buffer, isBinary));
  }

  /** Takes no more messages, and closes once those that came are handled. */
  retire(): void {
    this.#retired = true;
    this.#last.then(() => this.#socket.close(GOING_AWAY, STOPPING));
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#retired) {
      this.#reader.tell({ type: "error", data: STOPPING });
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
    if (!this.#place.isKnown && text?.includes('"auth"')) this.#pause();
    this.#last = this.#last
      .then(() => this.#handle(text))
      .catch((error) => this.#tellError(error))
      .then(() => this.#reader.caughtUp())
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
    return this.#waiting < WAITING_MAX && this.#waitingLength + length <= this.#place.messageBytesMax;
  }

  /** A socket of somebody unknown that says nothing gives its place to others. */
  #expectMessage(): void {
    this.#cancelIdle();
    if (this.#place.isKnown || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#cancelIdle = this.#options.clock.after(PATIENCE_MS, () =>
      this.#intake.close(POLICY_VIOLATION, "Authenticate, or send a task, within a minute"),
    );
  }

  /** A socket whose key ends says why, and ends: its caller has left. */
  #watch(use: KeyUse): void {
    this.#stopWatching();
    this.#stopWatching = this.#options.keyWatch.watch(use, (why) => {
      this.#tellError(why);
      this.#intake.close(POLICY_VIOLATION, why.code);
      this.#run?.cancel();
    });
  }

  #closeUnknown(): void {
    this.#reader.tell(errorMessage(notFound("Agent")));
    this.#intake.close(UNKNOWN_AGENT, "Agent not found");
  }

  async #handle(text: string | undefined): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (text === undefined) throw new Problem(422, "Send text messages, not binary ones");
    try {
      if (!this.#place.isKnown) demandFewElements(text);
      const message = parseMessage(text);
      if (message.type === "auth") {
        await this.#authenticate(message.token);
        return;
      }
      const task = message.type === "task" && isJsonObject(message.task) ? message.task : message;
      const body = reserialize(message, text, task === message ? undefined : "task");
      const wantsPieces = task !== message && message.stream === true;
      await this.#route({ ...this.#caller, bearer: this.#bearer, entrance: "websocket", task, body }, wantsPieces);
    } finally {
      this.#resume();
    }
  }

  /** Each key shown takes a token, as each call over HTTP does. */
  async #authenticate(token: unknown): Promise<void> {
    if (typeof token !== "string" || token === "") throw new Problem(401, "Send the key as token");
    const { connections, ownerOf } = this.#options;
    if (!(await this.#mayTry())) return;
    const shown = { ...this.#caller, bearer: token };
    const { name } = await connections.connect({ ...shown, payerKey: undefined });
    if (name === undefined) {
      this.#refuseKey();
      return;
    }
    const { keyUse } = await connections.connect(shown);
    this.#bearer = token;
    this.#become(ownerOf(name));
    if (this.#socket.readyState === this.#socket.OPEN) this.#watch(keyUse);
    this.#reader.tell({ type: "status", data: "Authenticated" });
  }

  /** Who has no token left gets no answer to its next keys either: the socket ends. */
  async #mayTry(): Promise<boolean> {
    const { connections, misses } = this.#options;
    try {
      demandPatience(misses, this.#caller.clientIp);
      await connections.knock(this.#caller);
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429) throw error;
      this.#tellError(error);
      this.#intake.close(TRY_AGAIN_LATER, "Too many requests");
      return false;
    }
  }

  #become(next: SocketOwner): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#place.become(next);
    this.#intake.become(next);
  }

  #refuseKey(): void {
    this.#wrongKeys++;
    this.#options.misses.note(this.#caller.clientIp);
    this.#tellError(invalidApiKey());
    if (this.#wrongKeys >= WRONG_KEYS_MAX) this.#intake.close(POLICY_VIOLATION, "Too many wrong keys");
  }

  async #route(request: TaskRequest, wantsPieces: boolean): Promise<void> {
    const { clock, requestLog } = this.#options;
    const arrivedAt = clock.monotonic();
    const begun = Promise.withResolvers<TaskRun>();
    begun.promise.catch(() => {});
    const hand = (text: string) => begun.promise.then((run) => this.#hand(run, text));
    try {
      const run = await this.#options.pipeline.start(request, wantsPieces ? hand : undefined);
      this.#run = run;
      if (this.#socket.readyState !== this.#socket.OPEN) run.cancel();
      this.#reader.tell({ type: "status", data: `Routing task to ${run.agent.name}` });
      begun.resolve(run);
      const { body } = await run.answer;
      await this.#reader.deliver(`{"type":"result","data":${body}}`);
      if (requestLog.tellsAll) requestLog.answered(this.#logged(), 200, clock.monotonic() - arrivedAt);
    } catch (error) {
      begun.reject(error);
      // An agent's own 404 is an answer; only the gateway's says that there is no agent.
      if (error instanceof Problem && error.code === "not_found") this.#closeUnknown();
      else this.#tellError(error);
    } finally {
      this.#run = undefined;
    }
  }

  /** A piece of the answer on its way to the client: one that lags holds the agent back, as long as the task has time. */
  #hand(run: TaskRun, data: string): boolean | Promise<boolean> {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    this.#reader.tell({ type: "chunk", data });
    const lagging = this.#reader.caughtUp();
    return lagging ? run.awaitReader(lagging, sinkOf(this.#socket)) : true;
  }

  #tellError(error: unknown): void {
    this.#note(error);
    this.#reader.tell(errorMessage(error));
  }

  /** For the log: what was refused on this socket. */
  #note(error: unknown): void {
    const { status, code } = error instanceof Problem ? error : { status: 500, code: "internal_error" };
    this.#options.requestLog.refused(this.#logged(), status, code);
  }

  #logged(): LoggedRequest {
    const { requestId, agentId, clientIp } = this.#caller;
    return { requestId, method: "WS", path: `/agents/${agentId}/task/ws`, clientIp };
  }
}

const sinkOf = (socket: WebSocket): ReaderSink => ({
  get closed() {
    return socket.readyState !== socket.OPEN;
  },
  cut: () => socket.terminate(),
});
