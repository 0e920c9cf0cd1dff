import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import {
  decodeHeaderValue,
  type Envelope,
  isLegacyRevision,
  isModernRevision,
  type LegacyRevision,
  mcpHeaders,
  nameOfRequest,
  readEnvelope,
  UNNAMED_REVISION,
} from "@agentgate/protocol/mcp";
import type { FastifyRequest } from "fastify";
import { countedMemberTexts, memberTexts, parseJsonBody, repeatsName } from "../../http/index.ts";
import { headerMismatch, invalidEnvelope, invalidRequest, parseError, unsupportedVersion } from "./mcp-error.ts";

/** What a client speaks: each request without sessions, or what began with `initialize`. */
export type Era = { isModern: true; envelope: Envelope } | { isModern: false; revision: LegacyRevision };

/** A request, as far as its head and its envelope go. */
export interface McpRequest {
  kind: "request";
  /** The id's JSON text, to be given back as it came. */
  id: string;
  method: string;
  params: JsonObject;
  /** The same as text, where numbers are as they were written. */
  paramsText: string;
  era: Era;
}

/** What asks for nothing. */
export interface McpNotice {
  kind: "notification" | "response";
}

/** The id of a body that may be refused, as far as one can be read. */
export function idIn(text: string): string | undefined {
  try {
    const id = memberTexts(text)?.get("id");
    return id !== undefined && isRpcId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** A string or a whole number, by its text. */
const isRpcId = (text: string): boolean => /^-?\d+$/.test(text) || text.startsWith('"');

/**
 * Whether a body that is refused is of the legacy era, as far as can be told: such a client is given `id: null` for none. What the body says
 * counts before what a header does.
 */
export function seemsLegacy(request: FastifyRequest, text: string): boolean {
  if (ENVELOPE.test(text)) return false;
  const version = singleHeader(request, mcpHeaders.version);
  return version === undefined || isLegacyRevision(version);
}

const ENVELOPE = /"io\.modelcontextprotocol\/(?:protocolVersion|clientCapabilities)"/;

/** Reads one message. @throws McpError in the order of the contract's table: rows 5 to 9 */
export function readMessage(request: FastifyRequest, text: string): McpRequest | McpNotice {
  const { body, members } = parsed(text);
  if (Array.isArray(body)) throw invalidRequest("Send one message at a time: batches are not taken");
  if (!isObject(body) || body.jsonrpc !== "2.0") throw invalidRequest('The body is one message with "jsonrpc": "2.0"');
  if (!("method" in body) && "id" in body && ("result" in body || "error" in body)) return { kind: "response" };
  const { method, params } = body;
  if (typeof method !== "string" || method === "") throw invalidRequest("A message has a method, which is a string");
  if (params !== undefined && !isObject(params)) throw invalidRequest("params is an object");
  if (!("id" in body)) return { kind: "notification" };
  const id = members!.get("id")!;
  if (!isRpcId(id)) throw invalidRequest("An id is a string or a whole number");
  const paramsText = members!.get("params") ?? "{}";
  if (repeatsName(paramsText)) throw parseError("A member of params stands twice");
  return { kind: "request", id, method, params: params ?? {}, paramsText, era: eraOf(request, method, params ?? {}) };
}

function parsed(text: string): { body: unknown; members: Map<string, string> | undefined } {
  let body: unknown;
  try {
    body = parseJsonBody(text);
  } catch (error) {
    throw parseError((error as Error).message.replace(/^body: /, ""));
  }
  if (body === undefined) throw parseError("The body is empty; send one JSON-RPC message");
  const counted = countedMemberTexts(text);
  if (counted?.isRepeated) throw parseError("A member of the message stands twice");
  return { body, members: counted?.members };
}

/** The body decides. */
function eraOf(request: FastifyRequest, method: string, params: JsonObject): Era {
  const envelope = readEnvelope(params);
  const stated = singleHeader(request, mcpHeaders.version);
  if (method === "initialize" && (envelope === undefined || typeof envelope === "string")) {
    return { isModern: false, revision: UNNAMED_REVISION };
  }
  if (typeof envelope === "string") throw invalidEnvelope(envelope);
  if (envelope) {
    demandSameHeaders(request, method, params, envelope);
    if (!isModernRevision(envelope.protocolVersion)) throw unsupportedVersion(envelope.protocolVersion);
    return { isModern: true, envelope };
  }
  if (stated === undefined) return { isModern: false, revision: UNNAMED_REVISION };
  if (isLegacyRevision(stated)) return { isModern: false, revision: stated };
  if (isModernRevision(stated)) {
    throw invalidEnvelope("A request of this version says so in params._meta, with the capabilities of its client");
  }
  throw unsupportedVersion(stated);
}

/** SEP-2243: what stands in front reads headers, and the gateway the body; nobody may be told two things. */
function demandSameHeaders(request: FastifyRequest, method: string, params: JsonObject, envelope: Envelope): void {
  const demand = (header: string, expected: string) => {
    const given = headersNamed(request, header);
    if (given.length === 0) throw headerMismatch(`The header ${header} is missing`);
    if (given.length > 1) throw headerMismatch(`The header ${header} stands more than once`);
    const value = decodeHeaderValue(given[0]!.trim());
    if (value === undefined) throw headerMismatch(`The header ${header} cannot be decoded`);
    if (value !== expected) throw headerMismatch(`The header ${header} says something else than the body`);
  };
  demand(mcpHeaders.version, envelope.protocolVersion);
  demand(mcpHeaders.method, method);
  const name = nameOfRequest(method, params);
  if (name !== undefined) demand(mcpHeaders.name, name);
}

/** The values of all headers of this name: Node puts them together. */
function headersNamed({ raw }: FastifyRequest, name: string): string[] {
  const { rawHeaders } = raw;
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() === name) values.push(rawHeaders[index + 1]!);
  }
  return values;
}

function singleHeader({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim() || undefined;
}
