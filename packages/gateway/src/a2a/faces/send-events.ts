import type { FastifyReply } from "fastify";
import { type KeepAlives, openEvents } from "../../http/index.ts";
import type { Payload } from "../../routing/index.ts";
import type { StreamReply } from "../call.ts";

/** How a binding writes its events. */
export interface EventFormat {
  event(payload: Payload): string;
  error(error: unknown): string;
}

/** Sends a reply's events. A reader who lags holds the agent back, as long as the call has time; one who leaves ends the call. */
export function sendEvents(
  reply: FastifyReply,
  events: StreamReply,
  format: EventFormat,
  keepAlives: KeepAlives,
): void {
  const sink = openEvents(reply, { keepAlives, onLeave: events.cancel });
  events
    .read((event) => {
      const lagging = sink.write(format.event(event));
      return lagging ? events.awaitReader(lagging, sink) : !sink.closed;
    })
    .catch((error) => void sink.write(format.error(error)))
    .then(() => sink.end());
}
