import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError } from "../../../outbound/index.ts";
import { type Clock, pause } from "../../../runtime/index.ts";
import { isKeepableState } from "./server-task.ts";
import type { TurnTerms } from "./turn-order.ts";
import type { TurnRequest, TurnServer } from "./turn-server.ts";

/** As the official clients do. */
const CALLS_MAX = 10;
const PACE_MS = 250;

/** Said of a tool that still wants to be called again after all of that. */
export const NO_END = "The tool asked again and again to be called once more";

/** Whether a server that answers so asks for nothing but to be called again, with its state: it had too much to do, or is not done yet. */
export const isToBeCalledAgain = ({ resultType, requestState, inputRequests }: JsonObject): boolean =>
  resultType === "input_required" &&
  requestState !== undefined &&
  isKeepableState(requestState) &&
  (inputRequests === undefined || (isObject(inputRequests) && Object.keys(inputRequests).length === 0));

/** What a server answers that may want to be called again first: one turn of its tool, however many requests that takes. @throws as `ask` does */
export async function askUntilAnswered(
  server: Pick<TurnServer, "ask">,
  request: TurnRequest,
  clock: Clock,
  { endsAt, signal }: Pick<TurnTerms, "endsAt" | "signal">,
): Promise<JsonObject> {
  // What was answered was answered in the first of them.
  const { inputResponses: _, ...params } = request.params;
  let result = await server.ask(request);
  for (let calls = 1; isToBeCalledAgain(result) && calls < CALLS_MAX; calls++) {
    if (endsAt - clock.monotonic() <= PACE_MS) throw new OutboundError("timeout", "the tool was not done in time");
    await pause(clock, PACE_MS, signal);
    if (signal.aborted) throw new OutboundError("aborted", "the call was aborted");
    result = await server.ask({ ...request, params: { ...params, requestState: result.requestState } });
  }
  return result;
}
