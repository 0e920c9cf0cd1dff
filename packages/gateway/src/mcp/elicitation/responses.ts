import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { invalidParams } from "../wire/mcp-error.ts";

/** What a person made of a question. */
export interface InputResponse {
  action: "accept" | "decline" | "cancel";
  content: JsonObject;
}

const ACTIONS = new Set<unknown>(["accept", "decline", "cancel"]);
const RESPONSES_MAX = 16;

/** @throws McpError -32602 for what is no map of responses */
export function responsesIn(given: unknown): ReadonlyMap<string, InputResponse> {
  if (!isObject(given)) throw malformed("inputResponses is an object of responses by their keys");
  const entries = Object.entries(given);
  if (entries.length > RESPONSES_MAX) throw malformed(`inputResponses has ${RESPONSES_MAX} members at most`);
  return new Map(
    entries.map(([key, response]) => {
      if (!isObject(response) || !ACTIONS.has(response.action)) {
        throw malformed("A response has an action: accept, decline or cancel");
      }
      const { action, content } = response as { action: InputResponse["action"]; content?: unknown };
      if (content !== undefined && !isObject(content)) throw malformed("The content of a response is an object");
      return [key, { action, content: content ?? {} }];
    }),
  );
}

const malformed = (message: string) => invalidParams(message, "invalid_input_responses");
