import { type Dialer, OutboundError } from "../outbound/index.ts";
import type { ServerPlace } from "./request.ts";
import {
  isModernCode,
  LEGACY_REVISIONS,
  META,
  MODERN_REVISION,
  type ServerSpeech,
  UNSUPPORTED_VERSION,
} from "./revisions.ts";
import type { ServerCalls } from "./server-call.ts";
import { ServerError, ServerFault, ServerStatusError } from "./server-error.ts";
import { isObject, type JsonObject } from "./server-message.ts";
import { openSession } from "./session.ts";

/** What a server says of itself. */
export interface ServerVerdict {
  speech: ServerSpeech;
  /** Its name and version, in its own words. */
  info: { name: string; title: string | undefined; version: string };
  capabilities: JsonObject;
}

export type ProbeFailure =
  /** It wants to know who asks. */
  | "credentials_required"
  /** It speaks MCP in a way that the gateway does not. */
  | "transport_unsupported"
  /** Whatever is there answers, and not in MCP. */
  | "not_mcp"
  /** Nothing answers, or an error of a server that may be over soon. */
  | "unreachable";

/** Why a server cannot be called. The message is a sentence's end, after "The MCP server". */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
  readonly failure: ProbeFailure;

  constructor(failure: ProbeFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

export const PROBE_MS = 10_000;
const ANSWER_BYTES_MAX = 1_048_576;
const TEXT_LENGTH_MAX = 255;
const SSE_MS = 3_000;

export interface ProbeOptions {
  calls: ServerCalls;
  dialer: Dialer;
  /** For each question. */
  timeoutMs: number;
}

/**
 * Finds out how a server is spoken to: it is asked in the stateless revision first. What does not know it, and says so in no code of that
 * revision, is asked to `initialize`.
 *
 * @throws ProbeError
 */
export async function probe(place: ServerPlace, options: ProbeOptions): Promise<ServerVerdict> {
  try {
    return (await discover(place, options)) ?? (await initialize(place, options));
  } catch (error) {
    throw (await withoutTransport(place, error, options)) ?? failureOf(error);
  }
}

/** Undefined for a server of the legacy era. */
async function discover(place: ServerPlace, { calls, timeoutMs }: ProbeOptions): Promise<ServerVerdict | undefined> {
  const speech: ServerSpeech = { era: "modern", version: MODERN_REVISION };
  try {
    const request = {
      place,
      speech,
      method: "server/discover",
      params: {},
      timeoutMs,
      responseBytesMax: ANSWER_BYTES_MAX,
    };
    const { result } = await calls.ask(request).response;
    const supported = Array.isArray(result.supportedVersions) ? result.supportedVersions : [];
    if (!supported.includes(MODERN_REVISION)) {
      if (supported.some((version) => LEGACY_REVISIONS.includes(version))) return undefined;
      throw new ProbeError(
        "transport_unsupported",
        `speaks no revision that the gateway does: it names ${told(supported)}`,
      );
    }
    const meta = isObject(result._meta) ? result._meta : {};
    return { speech, info: infoOf(meta[META.server] ?? result.serverInfo), capabilities: capabilitiesOf(result) };
  } catch (error) {
    if (speaksLegacy(error)) return undefined;
    throw error;
  }
}

async function initialize(place: ServerPlace, { calls, timeoutMs }: ProbeOptions): Promise<ServerVerdict> {
  const { session, speech, result } = await openSession(calls, place, timeoutMs);
  if (session !== undefined) calls.end(place, speech, session).catch(() => {});
  return { speech, info: infoOf(result.serverInfo), capabilities: capabilitiesOf(result) };
}

/** Whether a server that did not take the first question may know the older one. */
function speaksLegacy(error: unknown): boolean {
  if (error instanceof ServerError) {
    if (!isModernCode(error.code)) return error.status < 500 && error.status !== 401 && error.status !== 403;
    const supported = isObject(error.data) && Array.isArray(error.data.supported) ? error.data.supported : [];
    return error.code === UNSUPPORTED_VERSION && supported.some((version) => LEGACY_REVISIONS.includes(version));
  }
  if (error instanceof ServerStatusError) return [400, 404, 405, 406, 415, 422].includes(error.status);
  return error instanceof ServerFault;
}

/** A server of the transport before Streamable HTTP answers a GET with a stream whose first event names where to post. */
async function withoutTransport(
  { url, agentId, owner, credentials }: ServerPlace,
  error: unknown,
  { dialer }: ProbeOptions,
): Promise<ProbeError | undefined> {
  const mayBe = error instanceof ServerStatusError ? [404, 405].includes(error.status) : error instanceof ServerFault;
  if (!mayBe) return undefined;
  const call = dialer.open({
    url,
    method: "GET",
    headers: { accept: "text/event-stream", ...credentials },
    timeoutMs: SSE_MS,
    maxResponseBytes: ANSWER_BYTES_MAX,
    agentId,
    owner,
  });
  try {
    const { status, headers, body } = await call.response;
    if (status !== 200 || !String(headers["content-type"] ?? "").startsWith("text/event-stream")) return undefined;
    for await (const chunk of body) {
      return chunk.toString("utf8").includes("event: endpoint") ? unsupportedTransport("speaks HTTP+SSE") : undefined;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    call.abort();
  }
}

/** Of a server that is reached in another way. @param how "speaks HTTP+SSE" */
export const unsupportedTransport = (how: string): ProbeError =>
  new ProbeError(
    "transport_unsupported",
    `${how}; the gateway speaks Streamable HTTP. Put supergateway or mcp-proxy before it, and register its address`,
  );

function failureOf(error: unknown): ProbeError {
  if (error instanceof ProbeError) return error;
  if (OutboundError.isInstance(error))
    return new ProbeError("unreachable", `cannot be reached: ${error.message}`, error);
  if (error instanceof ServerStatusError || (error instanceof ServerError && error.status >= 400)) {
    const { status } = error;
    if (status === 401 || status === 403) {
      return new ProbeError(
        "credentials_required",
        `asks who calls (HTTP ${status}): give \`credential\` with the registration`,
        error,
      );
    }
    if (status >= 500 || status === 408 || status === 429) {
      return new ProbeError("unreachable", `answered HTTP ${status}`, error);
    }
    return new ProbeError("not_mcp", `does not speak MCP: it answered HTTP ${status}`, error);
  }
  if (error instanceof ServerError)
    return new ProbeError("not_mcp", `refused to be initialized: ${error.message.slice(0, TEXT_LENGTH_MAX)}`, error);
  if (error instanceof ServerFault) return new ProbeError("not_mcp", `does not speak MCP: ${error.message}`, error);
  throw error;
}

function infoOf(given: unknown): ServerVerdict["info"] {
  const { name, title, version } = isObject(given) ? given : {};
  const text = (value: unknown) =>
    typeof value === "string" ? value.slice(0, TEXT_LENGTH_MAX).toWellFormed().replaceAll("\0", "") : "";
  return { name: text(name), title: text(title) || undefined, version: text(version) };
}

const CAPABILITIES_LENGTH_MAX = 16_384;

/** What is kept of it is what requests depend on. */
function capabilitiesOf({ capabilities }: JsonObject): JsonObject {
  return isObject(capabilities) && JSON.stringify(capabilities).length <= CAPABILITIES_LENGTH_MAX ? capabilities : {};
}

const told = (versions: readonly unknown[]): string =>
  versions.length === 0
    ? "none"
    : versions
        .slice(0, 8)
        .map((version) => String(version).slice(0, 32))
        .join(", ");
