import { GatewayError } from "./gateway-error.ts";
import type { ServerSentEvent } from "./server-sent-events.ts";

/** An event of a streamed task (contract section 4). A failed task throws instead. */
export interface TaskStreamEvent {
  /** `status` and `chunk` on the way, then one `result` with the agent's answer. */
  type: "status" | "chunk" | "result";
  data: string;
}

/**
 * The events up to the result.
 * @throws {@link GatewayError} `task_failed` with what the gateway said, `stream_interrupted` when it ends too early
 */
export async function* readTaskStream(
  events: AsyncGenerator<ServerSentEvent, void>,
): AsyncGenerator<TaskStreamEvent, void> {
  for await (const { event, data } of events) {
    if (event === "error") throw new GatewayError("task_failed", data);
    if (event === "status" || event === "chunk" || event === "result") yield { type: event, data };
    if (event === "result") return;
  }
  throw new GatewayError("stream_interrupted", "The stream ended before the task's result");
}
