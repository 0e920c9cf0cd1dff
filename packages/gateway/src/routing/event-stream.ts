import { Readable } from "node:stream";
import { Problem } from "../http/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { ChunkSink, TaskRun } from "./pipeline.ts";

const KEEP_ALIVE_MS = 15_000;

/** One server-sent event with plain text data (contract section 4). */
export function formatEvent(event: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `event: ${event}\n${lines.join("")}\n`;
}

/**
 * The events of one task: `status`, then a `chunk` per piece, then `result` or `error`. A reader that lags holds the agent
 * back; one that leaves cancels it.
 *
 * @returns the events, and the headers that the run adds to their response
 * @param start sends the task off, handing its pieces to the sink. What it throws belongs to the response's head.
 */
export async function taskEventStream(
  start: (onChunk: ChunkSink) => Promise<TaskRun>,
  clock: Clock,
): Promise<{ events: Readable; headers: Record<string, string> }> {
  let wake: (() => void) | undefined;
  let run: TaskRun | undefined;
  let closed = false;
  const stream = new Readable({
    read() {
      wake?.();
      wake = undefined;
    },
    destroy(error, callback) {
      closed = true;
      wake?.();
      run?.cancel();
      callback(error);
    },
  });
  const write = (text: string): void | Promise<void> => {
    if (closed || stream.push(text)) return undefined;
    return new Promise((resolve) => {
      wake = resolve;
    });
  };

  run = await start((text) => write(formatEvent("chunk", text)));
  write(formatEvent("status", `Routing task to ${run.agent.name}`));
  // A reader that lags needs no sign of life: there is more for it to read already.
  const stopKeepAlive = keepAlive(clock, () => {
    if (!closed && !wake) stream.push(": keep-alive\n\n");
  });
  run.answer
    .then(
      ({ body }) => formatEvent("result", body),
      (error) => formatEvent("error", error instanceof Problem ? error.message : "Internal server error"),
    )
    .then((last) => {
      stopKeepAlive();
      if (closed) return;
      stream.push(last);
      stream.push(null);
    });
  return { events: stream, headers: run.headers };
}

function keepAlive(clock: Clock, beat: () => void): () => void {
  let cancel: () => void;
  const schedule = () => {
    cancel = clock.after(KEEP_ALIVE_MS, () => {
      beat();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}
