import type { KeyUse } from "../access/index.ts";
import { type EventSink, formatEvent, Problem } from "../http/index.ts";
import type { OnKeyEnded } from "../orgs/index.ts";
import type { ChunkSink } from "./agent-protocol.ts";
import type { TaskRun } from "./pipeline.ts";

/**
 * The events of one task: `status`, then a `chunk` per piece, then `result` or `error`, the data plain text (contract section 4). A
 * reader that lags holds the agent back, as long as the task has time; one that leaves cancels it.
 *
 * @param start sends the task off, handing its pieces, and what is only told of it, to the sinks. What it throws belongs to the response's head.
 * @param open makes the way to the reader, once it is known that there is something to tell
 * @param watch tells when the keys that the task came with open it no more. Their caller is told so, and has left.
 */
export async function streamTask(
  start: (onChunk: ChunkSink, onProgress: (text: string) => void) => Promise<TaskRun>,
  open: (headers: Record<string, string>, onLeave: () => void) => EventSink,
  watch: (use: KeyUse, onEnded: OnKeyEnded) => () => void,
): Promise<void> {
  const opened = Promise.withResolvers<EventSink>();
  let sink: EventSink | undefined;
  const hand = (to: EventSink, event: string): boolean | Promise<boolean> => {
    const lagging = to.write(event);
    return lagging ? run.awaitReader(lagging, to) : !to.closed;
  };
  let isBehind = false;
  /** Whoever lags gets the answer, and is spared what is only told beside it. */
  const tell = (text: string): void => {
    if (!sink || isBehind) return;
    const lagging = sink.write(formatEvent(text.slice(0, STATUS_LENGTH_MAX), "status"));
    if (!lagging) return;
    isBehind = true;
    lagging.then(() => {
      isBehind = false;
    }, ignore);
  };
  const run = await start((text) => {
    const event = formatEvent(text, "chunk");
    return sink ? hand(sink, event) : opened.promise.then((late) => hand(late, event));
  }, tell);
  const events = open(run.headers, () => run.cancel());
  void events.write(formatEvent(`Routing task to ${run.agent.name}`, "status"));
  sink = events;
  opened.resolve(events);
  const stopWatching = watch(run.keyUse, ({ message, code }) => {
    void events.write(formatEvent(`${message} (${code})`, "error"));
    events.end();
    run.cancel();
  });
  run.answer
    .then(
      ({ body }) => formatEvent(body, "result"),
      (error) => formatEvent(error instanceof Problem ? error.message : "Internal server error", "error"),
    )
    .then((last) => {
      stopWatching();
      void events.write(last);
      events.end();
    });
}

/** Characters of what is told of an answer on its way. */
const STATUS_LENGTH_MAX = 2_000;

/** A reader that has left is behind for good. */
const ignore = () => {};
