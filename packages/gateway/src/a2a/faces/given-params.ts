import {
  type A2AVersion,
  type Binding,
  dialectOf,
  type JsonObject,
  type Operation,
  ruledParams,
} from "@agentgate/protocol/a2a";
import { memberTexts, repeatsName } from "../../http/index.ts";
import { Payload } from "../../routing/index.ts";

/** Members that the gateway's rules read, or that hold some which they do. */
const RULED =
  /"(id|message|request|taskId|contextId|referenceTaskIds|configuration|(?:taskPush|push)Notification(?:Config)?)"\s*:|\\u00[4-7]/g;
const HOLDERS = ["message", "request", "configuration"];

/**
 * The parameters as they came, word for word, as long as everybody reads them alike. A name that stands twice, or
 * in another spelling, may be read by the agent otherwise than by the gateway's rules: then the agent gets what the rules have read.
 *
 * @param parsed what `JSON.parse` makes of the text
 * @throws A2AError InvalidParams for a name that is read by some as a ruled one
 */
export function givenParams(
  operation: Operation,
  version: A2AVersion,
  binding: Binding,
  text: string,
  parsed: JsonObject,
): Payload {
  const given = Payload.ofText(dialectOf(version, binding), text, parsed);
  const read = (params: JsonObject): JsonObject => {
    const named = ruledParams(operation, given.dialect.name, params);
    // One field of 0.3's proto: `request` is its name, `message` its JSON name.
    const isProto = version === "0.3" && binding === "HTTP+JSON";
    if (!isProto || named.message === undefined || named.request === undefined) return named;
    const { request: _, ...rest } = named;
    return rest;
  };
  if (read(given.glance) === given.glance && !isAmbiguous(text)) return given;
  return Payload.ofValue(given.dialect, read(given.object));
}

function isAmbiguous(text: string): boolean {
  return mayRepeat(text) && (repeatsName(text) || HOLDERS.some((holder) => holderRepeats(text, holder)));
}

function holderRepeats(text: string, holder: string): boolean {
  const held = memberTexts(text)?.get(holder);
  return held !== undefined && repeatsName(held);
}

/** A quick look that clears most texts: no ruled name twice, anywhere, and none that could be spelled with escapes. */
function mayRepeat(text: string): boolean {
  const seen: string[] = [];
  RULED.lastIndex = 0;
  for (let found = RULED.exec(text); found; found = RULED.exec(text)) {
    const name = found[1];
    if (name === undefined || seen.includes(name)) return true;
    seen.push(name);
  }
  return false;
}
