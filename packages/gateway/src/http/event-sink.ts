import type { OutgoingHttpHeaders } from "node:http";
import type { Writable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { KeepAlives, KeptAlive } from "./keep-alives.ts";

const KEEP_ALIVE = ": keep-alive\n\n";

/** The head of every answer in server-sent events. */
export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

export interface EventSinkOptions {
  keepAlives: KeepAlives;
  /** Called once if the reader leaves before the end. */
  onLeave(): void;
  /** Counts a large event that waits for its reader; undefined for one that is not. What it gives is to be called when it is read. */
  onWaiting?(length: number): (() => void) | undefined;
}

/**
 * Where server-sent events are written: straight to the response, for thousands may be open at once and each object in between is
 * there that many times. A quiet stream says every 15 seconds that it lives.
 */
export class EventSink implements KeptAlive {
  slot = -1;
  quietTurns = 0;
  readonly #out: Writable;
  readonly #onLeave: () => void;
  readonly #keepAlives: KeepAlives;
  readonly #onWaiting: EventSinkOptions["onWaiting"];
  /** To be called when the reader has caught up. */
  #waiting: (() => void)[] | undefined;
  #closed = false;
  #lagging: PromiseWithResolvers<void> | undefined;

  constructor(out: Writable, { keepAlives, onLeave, onWaiting }: EventSinkOptions) {
    this.#out = out;
    this.#keepAlives = keepAlives;
    this.#onLeave = onLeave;
    this.#onWaiting = onWaiting;
    if (out.destroyed || out.writableEnded) {
      this.#left();
      return;
    }
    out.on("close", () => this.#left());
    out.on("drain", () => this.#caughtUp());
    out.on("error", ignore);
    keepAlives.add(this);
  }

  /** The reader has left, or everything is written. */
  get closed(): boolean {
    return this.#closed || this.#out.destroyed;
  }

  /** The promise, given only when the reader lags, resolves when it has caught up or left. */
  write(text: string): Promise<void> | undefined {
    this.quietTurns = 0;
    if (this.#closed || this.#out.destroyed || this.#out.write(text)) return undefined;
    this.#lagging ??= Promise.withResolvers();
    const read = this.#onWaiting?.(text.length);
    if (read) {
      this.#waiting ??= [];
      this.#waiting.push(read);
    }
    return this.#lagging.promise;
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keepAlives.delete(this);
    this.#out.end();
  }

  /** Breaks the connection off: the reader is treated as one who has left. */
  cut(): void {
    this.#out.destroy();
  }

  #left(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keepAlives.delete(this);
    this.#caughtUp();
    this.#onLeave();
  }

  #caughtUp(): void {
    this.#lagging?.resolve();
    this.#lagging = undefined;
    for (const read of this.#waiting ?? []) read();
    this.#waiting = undefined;
  }

  sayAlive(): void {
    // A reader that lags needs no sign of life: there is more for it to read already.
    if (!this.#lagging) void this.write(KEEP_ALIVE);
  }
}

const ignore = () => {};

/**
 * Answers with server-sent events, under the headers that the reply has by now. Fastify has no more to do with it. Whoever asks for the
 * head alone has left with it: a stream that tells nothing would hold its place for good.
 */
export function openEvents(reply: FastifyReply, options: EventSinkOptions): EventSink {
  reply.hijack();
  const { raw } = reply;
  const isHead = reply.request.method === "HEAD";
  if (!raw.destroyed) {
    raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...eventStreamHeaders });
    // The head is sent by itself: put before the first event, Node would keep its text in fifty pieces. What is told at once goes along.
    const { socket } = raw;
    socket?.cork();
    raw.flushHeaders();
    process.nextTick(() => socket?.uncork());
    if (isHead) raw.end();
  }
  const { undelivered } = reply.server;
  const { ip } = reply.request;
  const onWaiting = undelivered && ((length: number) => undelivered.watchEvent(raw, ip, length));
  return new EventSink(raw, { ...options, ...(onWaiting && { onWaiting }) });
}

/** One event; text with line breaks takes several lines. */
export function formatEvent(text: string, type?: string): string {
  const named = type === undefined ? "" : `event: ${type}\n`;
  if (!/[\r\n]/.test(text)) return `${named}data: ${text}\n\n`;
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${named}${lines.join("")}\n`;
}
