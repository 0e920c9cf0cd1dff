import type { ChainRun, ChainTraceEntry } from "@agentgate/protocol";
import { GatewayError } from "../errors/index.ts";
import type { ServerSentEvent } from "../http/index.ts";

/** A step that begins. */
export interface ChainStepBegun {
  step: number;
  agent_id: string;
  agent_name: string;
  status: "running";
  input: string;
}

/** An event of a run: each step as it begins and ends, then the answer, also that of a run that failed. */
export type ChainEvent = { type: "step"; entry: ChainStepBegun | ChainTraceEntry } | { type: "end"; run: ChainRun };

/**
 * The events up to the answer.
 * @throws {@link GatewayError} `stream_interrupted` when it ends too early, `invalid_response` for what is no event of a run
 */
export async function* readChainStream(
  events: AsyncGenerator<ServerSentEvent, void>,
): AsyncGenerator<ChainEvent, void> {
  for await (const { event, data } of events) {
    if (event === "step") yield { type: "step", entry: parsed(data) };
    if (event !== "result" && event !== "error") continue;
    yield { type: "end", run: parsed(data) };
    return;
  }
  throw new GatewayError("stream_interrupted", "The stream ended before the run's answer");
}

function parsed<T>(data: string): T {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new GatewayError("invalid_response", "The gateway sent an event that is no JSON", { cause });
  }
}
