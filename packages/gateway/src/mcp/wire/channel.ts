import type { JsonObject } from "@agentgate/protocol/a2a";
import { SERVER_INFO } from "@agentgate/protocol/mcp";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type EventSink, formatEvent, type KeepAlives, onHangUp, openEvents, qualityOf } from "../../http/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { McpRequest } from "./message.ts";

/** Said without a weight, as nearly every client does. */
const TAKES_EVENTS = /^(?:application\/json, ?)?text\/event-stream$/;
/** After so many milliseconds an answer that is still awaited shows that its connection lives. */
const QUIET_MS = 5_000;
/** After so many it is one that lasts. */
const LASTING_MS = 500;

export interface ChannelOptions {
  keepAlives: KeepAlives;
  clock: Clock;
  /** Who answers, as modern results say it. */
  serverInfo: JsonObject;
}

export interface Completion {
  /** What a modern result says of itself; by default `complete`. */
  resultType?: string;
  /** For an answer that has no head yet. */
  headers?: Record<string, string>;
  /** A list that is a member of the result, whose entries are JSON already. */
  list?: { name: string; entries: readonly string[] };
}

/**
 * The way back from one request: JSON, unless something is told before the answer or the answer takes long. What a client that takes no
 * events would be told meanwhile, it is not.
 */
export class Channel {
  readonly #request: McpRequest;
  readonly #reply: FastifyReply;
  readonly #options: ChannelOptions;
  readonly #takesEvents: boolean;
  readonly #onLeave: (() => void)[] = [];
  #sink: EventSink | undefined;
  #cancelTimer = () => {};
  #onLasting: (() => void) | undefined;
  #isAnswered = false;
  #isAwaited = false;
  #isLeft = false;

  constructor(message: McpRequest, request: FastifyRequest, reply: FastifyReply, options: ChannelOptions) {
    this.#request = message;
    this.#reply = reply;
    this.#options = options;
    const { accept } = request.headers;
    this.#takesEvents = TAKES_EVENTS.test(accept ?? "") || qualityOf(accept, "text/event-stream") > 0;
    onHangUp(reply, () => this.#left());
  }

  /** The client has gone before its answer. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Calls the listener when the client goes before its answer; also for one that has done so already. */
  onLeave(listener: () => void): void {
    if (this.#isLeft) listener();
    else this.#onLeave.push(listener);
  }

  /** For a handler whose answer is still to come. */
  get reply(): FastifyReply {
    return this.#reply;
  }

  get takesEvents(): boolean {
    return this.#takesEvents;
  }

  /** What refuses a request has had its time: from now on whatever comes is its answer. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /**
   * @param onLasting begins what only an answer needs that does not come at once, or comes in parts, and gives the end of that
   * @returns what ends it, or keeps it from beginning
   */
  await(onLasting: () => () => void): () => void {
    this.#isAwaited = true;
    let end = () => {};
    this.#onLasting = () => {
      end = onLasting();
    };
    this.#cancelTimer = this.#options.clock.after(LASTING_MS, () => {
      this.#lasts();
      this.keepAlive(QUIET_MS - LASTING_MS);
    });
    return () => {
      this.#onLasting = undefined;
      end();
    };
  }

  /** An answer that takes long shows that its connection lives. */
  keepAlive(quietMs = QUIET_MS): void {
    if (this.#takesEvents) this.#cancelTimer = this.#options.clock.after(quietMs, () => this.#open());
  }

  /** Opens the stream of events at once. Answers undefined for a client that takes none. */
  open(): EventSink | undefined {
    return this.#takesEvents ? this.#open() : undefined;
  }

  /**
   * Tells something before the answer. Answers whether the client has it, at once or when one that lags has caught up.
   *
   * @param awaitReader waits for one that lags, as long as the call has time
   */
  notify(
    method: string,
    params: object,
    awaitReader: (lagging: Promise<void>, sink: EventSink) => Promise<boolean>,
  ): boolean | Promise<boolean> {
    return this.tell({ jsonrpc: "2.0", method, params }, awaitReader);
  }

  /** The same of a whole message, which is somebody else's. */
  tell(
    message: object,
    awaitReader: (lagging: Promise<void>, sink: EventSink) => Promise<boolean>,
  ): boolean | Promise<boolean> {
    const sink = this.#open();
    if (!sink || this.#isAnswered) return false;
    const lagging = sink.write(formatEvent(JSON.stringify(message)));
    return lagging ? awaitReader(lagging, sink) : !sink.closed;
  }

  /** Answers with a message of somebody else's, as it is. */
  pass(message: object, status: number, headers: Record<string, string> = {}): FastifyReply {
    return this.#end(JSON.stringify(message), status, headers);
  }

  /** Answers, as the request's era has it: strict clients of the older one take no members that they do not know. */
  complete(result: object, { resultType = "complete", headers = {}, list }: Completion = {}): FastifyReply {
    const { era, id } = this.#request;
    const { _meta } = result as { _meta?: object };
    const members = JSON.stringify(
      era.isModern ? { resultType, ...result, _meta: { [SERVER_INFO]: this.#options.serverInfo, ..._meta } } : result,
    );
    const json = list === undefined ? members : withList(members, list);
    return this.#end(`{"jsonrpc":"2.0","id":${id},"result":${json}}`, 200, headers);
  }

  refuse(error: object, status: number, headers: Record<string, string>): FastifyReply {
    return this.#end(`{"jsonrpc":"2.0","id":${this.#request.id},"error":${JSON.stringify(error)}}`, status, headers);
  }

  #end(body: string, status: number, headers: Record<string, string>): FastifyReply {
    this.#cancelTimer();
    this.#onLasting = undefined;
    if (this.#isAnswered) return this.#reply;
    this.#isAnswered = true;
    if (this.#sink) {
      void this.#sink.write(formatEvent(body));
      this.#sink.end();
      return this.#reply;
    }
    if (this.#isLeft) return this.#reply.hijack();
    // Last: a type in the headers of the pipeline's answer is that of its body.
    return this.#reply.code(status).headers(headers).header("content-type", "application/json").send(body);
  }

  #open(): EventSink | undefined {
    this.#cancelTimer();
    this.#lasts();
    if (!this.#takesEvents || this.#isAnswered) return this.#sink;
    this.#sink ??= openEvents(this.#reply, { keepAlives: this.#options.keepAlives, onLeave: () => this.#left() });
    return this.#sink;
  }

  #lasts(): void {
    const begin = this.#onLasting;
    this.#onLasting = undefined;
    begin?.();
  }

  #left(): void {
    if (this.#isLeft || this.#isAnswered) return;
    this.#isLeft = true;
    this.#cancelTimer();
    this.#onLasting = undefined;
    for (const listener of this.#onLeave.splice(0)) listener();
  }
}

/** @param json an object's */
const withList = (json: string, { name, entries }: { name: string; entries: readonly string[] }): string =>
  `{${JSON.stringify(name)}:[${entries.join()}]${json === "{}" ? "" : ","}${json.slice(1)}`;
