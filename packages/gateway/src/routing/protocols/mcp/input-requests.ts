import { isObject, type JsonObject } from "@agentgate/protocol/a2a";

/** What a server asks for before it goes on, by its own keys. */
export type InputRequests = Readonly<Record<string, InputRequest>>;

export interface InputRequest {
  method: "elicitation/create";
  params: JsonObject;
}

const REQUESTS_MAX = 16;
const LENGTH_MAX = 65_536;
const KEY_LENGTH_MAX = 128;

/** The requests in a server's answer; undefined where it asks for what was not offered to it, or for too much. */
export function inputRequestsIn(given: unknown): InputRequests | undefined {
  if (!isObject(given)) return undefined;
  const entries = Object.entries(given);
  if (entries.length === 0 || entries.length > REQUESTS_MAX || JSON.stringify(given).length > LENGTH_MAX)
    return undefined;
  const isAsked = entries.every(
    ([key, request]) =>
      key.length <= KEY_LENGTH_MAX &&
      isObject(request) &&
      request.method === "elicitation/create" &&
      isObject(request.params),
  );
  return isAsked ? (given as InputRequests) : undefined;
}

/** The question as a message's parts: in words for whoever reads, and whole for programs. */
export function questionParts(requests: InputRequests): JsonObject[] {
  const words = Object.values(requests).flatMap(({ params: { message, mode, url } }) => [
    ...(typeof message === "string" ? [message] : []),
    ...(mode === "url" && typeof url === "string" ? [url] : []),
  ]);
  return [...(words.length > 0 ? [{ text: words.join("\n") }] : []), { data: { inputRequests: requests } }];
}

const ACTIONS = ["accept", "decline", "cancel"];

/** The answers to all that was asked; a text says what is wrong with them, as a sentence. */
export function inputResponsesIn(given: unknown, requests: InputRequests): JsonObject | string {
  if (!isObject(given)) return "inputResponses is an object, with an answer to each request by its key.";
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(requests, key));
  if (unknown !== undefined) return `Nothing was asked under the key ${unknown.slice(0, KEY_LENGTH_MAX)}.`;
  for (const [key, { params }] of Object.entries(requests)) {
    const answer = Object.hasOwn(given, key) ? given[key] : undefined;
    if (!isObject(answer) || !ACTIONS.includes(answer.action as string)) {
      return `The request ${key} needs an answer whose action is accept, decline or cancel.`;
    }
    const { action, content } = answer;
    const isForm = params.mode !== "url";
    if (action === "accept" && isForm && !isObject(content)) return `The answer to ${key} needs content, an object.`;
    if (content !== undefined && !isObject(content)) return `The content of the answer to ${key} is an object.`;
  }
  return given;
}

/** The one thing that is asked; undefined where there are more. */
function onlyRequest(requests: InputRequests): { key: string; params: JsonObject } | undefined {
  const [only, ...others] = Object.entries(requests);
  return only && others.length === 0 ? { key: only[0], params: only[1].params } : undefined;
}

function propertiesOf({ requestedSchema }: JsonObject): JsonObject {
  return isObject(requestedSchema) && isObject(requestedSchema.properties) ? requestedSchema.properties : {};
}

/**
 * The answers that one text stands for, where one text is all that is asked; undefined elsewhere. Who was sent to an address has been there,
 * whatever words tell so.
 */
export function responsesOfText(text: string, requests: InputRequests): JsonObject | undefined {
  const only = onlyRequest(requests);
  if (!only) return undefined;
  if (only.params.mode === "url") return { [only.key]: { action: "accept" } };
  const properties = propertiesOf(only.params);
  const [name, ...others] = Object.keys(properties);
  const schema = name === undefined ? undefined : properties[name];
  if (others.length > 0 || !isObject(schema) || schema.type !== "string") return undefined;
  return { [only.key]: { action: "accept", content: { [name!]: text } } };
}

/** The answers that what a form holds stands for, where one form is all that is asked; undefined elsewhere. */
export function responsesOfContent(content: JsonObject, requests: InputRequests): JsonObject | undefined {
  const only = onlyRequest(requests);
  if (!only || only.params.mode === "url") return undefined;
  const properties = propertiesOf(only.params);
  const isAsked = Object.keys(content).every((name) => Object.hasOwn(properties, name));
  return isAsked ? { [only.key]: { action: "accept", content } } : undefined;
}
