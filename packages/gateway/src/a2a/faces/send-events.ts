import type { FastifyReply } from "fastify";
import { type EventSink, openEvents } from "../../http/index.ts";
import type { Payload } from "../../routing/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { StreamReply } from "../call.ts";

/** How a binding writes its events. */
export interface EventFormat {
  event(payload: Payload): string;
  error(error: unknown): string;
}

/**
 * Sends a reply's events. The next one is pulled when the reader has taken the last, so a reader who lags holds the agent back; one
 * who leaves ends the call.
 */
export function sendEvents(
  reply: FastifyReply,
  { events, cancel }: StreamReply,
  format: EventFormat,
  clock: Clock,
): void {
  void pass(events, format, openEvents(reply, { clock, onLeave: cancel }));
}

async function pass(events: StreamReply["events"], format: EventFormat, sink: EventSink): Promise<void> {
  try {
    for await (const event of events) {
      const lagging = sink.write(format.event(event));
      if (lagging) await lagging;
      if (sink.closed) return;
    }
  } catch (error) {
    void sink.write(format.error(error));
  }
  sink.end();
}
