import type { FastifyReply } from "fastify";
import { type KeepAlives, openEvents } from "../../http/index.ts";
import type { KeyWatch } from "../../orgs/index.ts";
import type { Payload } from "../../routing/index.ts";
import type { StreamReply } from "../call.ts";

/** How a binding writes its events. */
export interface EventFormat {
  event(payload: Payload): string;
  error(error: unknown): string;
}

/** What streams of both bindings need. */
export interface EventSurroundings {
  keepAlives: KeepAlives;
  keyWatch: Pick<KeyWatch, "watch">;
}

/**
 * Sends a reply's events. A reader who lags holds the agent back, as long as the call has time; one who leaves ends the call, and one whose
 * key ends is told so and has left.
 */
export function sendEvents(
  reply: FastifyReply,
  events: StreamReply,
  format: EventFormat,
  { keepAlives, keyWatch }: EventSurroundings,
): void {
  const sink = openEvents(reply, { keepAlives, onLeave: events.cancel });
  const stopWatching = events.keyUse && keyWatch.watch(events.keyUse, (why) => end(why));
  const end = (why: unknown) => {
    void sink.write(format.error(why));
    sink.end();
    events.cancel();
  };
  events
    .read((event) => {
      const lagging = sink.write(format.event(event));
      return lagging ? events.awaitReader(lagging, sink) : !sink.closed;
    })
    .catch((error) => void sink.write(format.error(error)))
    .then(() => {
      stopWatching?.();
      sink.end();
    });
}
