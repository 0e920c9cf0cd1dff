import { isObject, type JsonObject } from "../a2a/json.ts";

/** Members of `params._meta` that the modern era reads (basic, "Request metadata"). */
export const envelopeNames = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
} as const;

/** In `_meta` of every modern result. */
export const SERVER_INFO = "io.modelcontextprotocol/serverInfo";
/** In `_meta` of what comes over a subscription: the id of the request that opened it. */
export const SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";
/** The extension for work that outlasts its request. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/** What a modern request says of itself. */
export interface Envelope {
  protocolVersion: string;
  clientCapabilities: JsonObject;
  clientInfo: JsonObject | undefined;
}

/**
 * The envelope of a request's parameters: undefined where they have none of its members, and what is wrong, as a sentence, where one is
 * missing or of another type.
 */
export function readEnvelope(params: unknown): Envelope | string | undefined {
  const meta = isObject(params) ? params._meta : undefined;
  if (!isObject(meta)) return undefined;
  const {
    [envelopeNames.protocolVersion]: protocolVersion,
    [envelopeNames.clientCapabilities]: clientCapabilities,
    [envelopeNames.clientInfo]: clientInfo,
  } = meta;
  if (protocolVersion === undefined && clientCapabilities === undefined && clientInfo === undefined) return undefined;
  if (typeof protocolVersion !== "string") return lacks(envelopeNames.protocolVersion, "a string");
  if (!isObject(clientCapabilities)) return lacks(envelopeNames.clientCapabilities, "an object");
  if (clientInfo !== undefined && !isImplementation(clientInfo)) {
    return lacks(envelopeNames.clientInfo, "an object with a name and a version, or left out");
  }
  return { protocolVersion, clientCapabilities, clientInfo: clientInfo as JsonObject | undefined };
}

const isImplementation = (value: unknown): boolean =>
  isObject(value) && typeof value.name === "string" && typeof value.version === "string";

const lacks = (name: string, what: string) => `params._meta["${name}"] has to be ${what}`;

/** Whether the client of this request can be asked for something in this way. */
export function declaresElicitation({ clientCapabilities }: Envelope, mode: "form" | "url"): boolean {
  const { elicitation } = clientCapabilities;
  if (!isObject(elicitation)) return false;
  // Without modes it is the one that there was first.
  return isObject(elicitation[mode]) || (mode === "form" && !("form" in elicitation) && !("url" in elicitation));
}

export const declaresExtension = ({ clientCapabilities: { extensions } }: Envelope, name: string): boolean =>
  isObject(extensions) && isObject(extensions[name]);
