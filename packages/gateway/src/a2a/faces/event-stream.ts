import { Readable } from "node:stream";
import type { Payload } from "../../routing/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { StreamReply } from "../call.ts";

const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = ": keep-alive\n\n";

export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** How a binding writes its events. */
export interface EventFormat {
  event(payload: Payload): string;
  error(error: unknown): string;
}

/**
 * A reply's events as server-sent events. One event is pulled whenever the reader takes more, so a reader who lags holds the agent
 * back; one who leaves ends the call.
 */
export function eventStream({ events, cancel }: StreamReply, format: EventFormat, clock: Clock): Readable {
  let pulling = false;
  let stopKeepAlive = () => {};
  const stream = new Readable({
    read() {
      if (pulling) return;
      pulling = true;
      void pull();
    },
    destroy(error, callback) {
      stopKeepAlive();
      cancel();
      events.return().catch(() => {});
      callback(error);
    },
  });
  const pull = async () => {
    try {
      const next = await events.next();
      if (stream.destroyed) return;
      pulling = false;
      stream.push(next.done ? null : format.event(next.value));
    } catch (error) {
      if (stream.destroyed) return;
      stream.push(format.error(error));
      stream.push(null);
    }
  };
  const scheduleKeepAlive = () => {
    stopKeepAlive = clock.after(KEEP_ALIVE_MS, () => {
      if (stream.readableEnded || stream.destroyed) return;
      if (stream.readableLength === 0) stream.push(KEEP_ALIVE);
      scheduleKeepAlive();
    });
  };
  scheduleKeepAlive();
  return stream;
}

/** One event; text with line breaks takes several lines. */
export const dataEvent = (text: string, type?: string): string =>
  `${type === undefined ? "" : `event: ${type}\n`}${text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join("")}\n`;
