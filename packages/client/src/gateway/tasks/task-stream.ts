import type { TaskAnswer } from "@agentgate/protocol";
import { GatewayError } from "../errors/index.ts";
import type { ServerSentEvent } from "../http/index.ts";

/** An event of a streamed task (contract section 4): `status` and `chunk` on the way, then one `result`. A failed task throws instead. */
export type TaskStreamEvent<Answer = TaskAnswer> =
  | { type: "status" | "chunk"; data: string }
  | {
      type: "result";
      /** The agent's answer as JSON text. */
      data: string;
      /** The same as a value: what `sendTask` answers. */
      answer: Answer;
    };

/**
 * The events up to the result, over as many connections as that takes while nothing of the answer came.
 * @param retries how many more connections there may be
 * @throws {@link GatewayError} `task_failed` with what the gateway said, `stream_interrupted` when it ends too early
 */
export async function* streamTask<Answer>(
  open: () => AsyncGenerator<ServerSentEvent, void>,
  retries: number,
): AsyncGenerator<TaskStreamEvent<Answer>, void> {
  for (let attempt = 0, chunks = 0; ; attempt++) {
    try {
      for await (const event of eventsOf<Answer>(open())) {
        if (event.type === "status" && attempt > 0) continue;
        if (event.type === "chunk") chunks++;
        yield event;
      }
      return;
    } catch (error) {
      if (chunks > 0 || attempt >= retries || !isBroken(error)) throw error;
    }
  }
}

/** The connection broke: nobody was refused. */
const isBroken = (error: unknown): boolean =>
  GatewayError.isInstance(error) && /^(?:unreachable|stream_interrupted)$/.test(error.code);

async function* eventsOf<Answer>(
  events: AsyncGenerator<ServerSentEvent, void>,
): AsyncGenerator<TaskStreamEvent<Answer>, void> {
  for await (const { event, data } of events) {
    if (event === "error") throw new GatewayError("task_failed", data);
    if (event === "status" || event === "chunk") yield { type: event, data };
    if (event !== "result") continue;
    yield { type: event, data, answer: parsedOr(data) as Answer };
    return;
  }
  throw new GatewayError("stream_interrupted", "The stream ended before the task's result");
}

function parsedOr(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
