import type { ServerPlace } from "./request.ts";
import { LEGACY_REVISIONS, type ServerSpeech } from "./revisions.ts";
import type { ServerCalls } from "./server-call.ts";
import { ServerFault } from "./server-error.ts";
import type { JsonObject } from "./server-message.ts";

/** A conversation with a server of the legacy era. */
export interface OpenedSession {
  /** Undefined of a server that keeps none. */
  session: string | undefined;
  speech: ServerSpeech;
  /** What it answered `initialize`. */
  result: JsonObject;
}

const INITIALIZE_BYTES_MAX = 1_048_576;

/** What callers can be asked within a call (2025-11-25, "Elicitation": both modes). */
export const ASKABLE = { elicitation: { form: {}, url: {} } } as const;

/** Begins a session: `initialize`, and word that it is done. @param capabilities what the server may ask back in it */
export async function openSession(
  calls: ServerCalls,
  place: ServerPlace,
  timeoutMs: number,
  capabilities: JsonObject = {},
): Promise<OpenedSession> {
  const asked: ServerSpeech = { era: "legacy", version: LEGACY_REVISIONS[0]! };
  const request = {
    place,
    speech: asked,
    method: "initialize",
    params: {},
    capabilities,
    timeoutMs,
    responseBytesMax: INITIALIZE_BYTES_MAX,
  };
  const { result, session } = await calls.ask(request).response;
  const version = result.protocolVersion;
  if (typeof version !== "string" || !LEGACY_REVISIONS.includes(version)) {
    if (session !== undefined) calls.end(place, asked, session).catch(() => {});
    throw new ServerFault(`it speaks revision ${String(version).slice(0, 32)}, which the gateway does not`);
  }
  const speech: ServerSpeech = { era: "legacy", version };
  await calls.post({ place, speech, session }, { jsonrpc: "2.0", method: "notifications/initialized" });
  return { session, speech, result };
}
