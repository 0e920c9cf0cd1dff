import type { JsonObject } from "@agentgate/protocol/a2a";
import { inputResponsesIn, responsesOfContent, responsesOfText } from "./input-requests.ts";
import { notOrdered, type ToolOrder } from "./tool-order.ts";
import type { ToolTask } from "./tool-task-store.ts";

/** The answers to what a task waits for. @throws Problem 422 for a task that waits for nothing, or for something else */
export function responsesTo(
  { state, asked }: Pick<ToolTask, "state" | "asked">,
  { responses, text, content }: Extract<ToolOrder, { kind: "answer" }>,
): JsonObject {
  if (state !== "input-required" || !asked) {
    throw notOrdered("The task waits for no answer; send a new one, without taskId", ["taskId"]);
  }
  if (content) {
    const told = responsesOfContent(content, asked);
    if (told) return told;
    throw notOrdered(
      "Answer with data {inputResponses}, by the keys of its inputRequests, or with what its one form asks for",
    );
  }
  if (responses === undefined) {
    const told = responsesOfText(text ?? "", asked);
    if (told) return told;
    throw notOrdered(
      "The task waits for more than one text: answer with data {inputResponses}, by the keys of its inputRequests",
    );
  }
  const given = inputResponsesIn(responses, asked);
  if (typeof given === "string") throw notOrdered(given);
  return given;
}
