import type { AnswerMeter } from "../outbound/index.ts";
import type { ServerSpeech } from "./revisions.ts";
import type { JsonObject } from "./server-message.ts";

/** A server, and what is shown to it. */
export interface ServerPlace {
  url: string;
  /** The agent that is called, where it is one that is registered. */
  agentId?: string | undefined;
  /** Whose share the calls take. */
  owner: string;
  /** The agent's stored credential as headers: never a caller's. */
  credentials: Readonly<Record<string, string>>;
}

/** How far a call has come, in the server's words. */
export interface ServerProgress {
  progress: number;
  total: number | undefined;
  message: string | undefined;
}

/**
 * What a server of the legacy era asks in the middle of a call (2025-11-25, "Elicitation"), and where it is answered: by a message of its own,
 * which whoever has this can send.
 */
export interface ServerQuestion {
  /** The server's name for it. */
  id: string | number;
  params: JsonObject;
  speech: ServerSpeech;
  /** Undefined of a server that keeps none. */
  session: string | undefined;
}

export interface ServerRequest {
  place: ServerPlace;
  speech: ServerSpeech;
  /** `Mcp-Session-Id` of the legacy era. */
  session?: string | undefined;
  method: string;
  /** Without what the era adds to it. */
  params: JsonObject;
  /** What the gateway can do for the server in this call: elicitation and tasks, or nothing. */
  capabilities?: JsonObject | undefined;
  /** Beside those of the protocol: of tracing, and arguments that the server wants to see in headers. */
  headers?: Readonly<Record<string, string>> | undefined;
  timeoutMs: number;
  responseBytesMax: number;
  meter?: (AnswerMeter & { events: number }) | undefined;
  /** Asked for only where somebody listens. What is a promise holds the server back. */
  onProgress?: ((progress: ServerProgress) => unknown) | undefined;
  /** Told of what a legacy server asks before it answers. Where nobody is told, it is refused. */
  onAsked?: ((question: ServerQuestion) => void) | undefined;
  /** Told of notifications that are about no request: that a list has changed. */
  onNotice?: ((method: string) => void) | undefined;
  /** It waits for no answer, but for what the server says meanwhile: a server that says too much ends it. */
  isListening?: boolean | undefined;
}

export interface ServerAnswer {
  result: JsonObject;
  /** The session that the server began with it. */
  session: string | undefined;
}

/** A request that can be torn down; afterwards its promise rejects with an OutboundError `aborted`, unless it is settled. */
export interface UnderWay<T> {
  readonly response: Promise<T>;
  abort(): void;
}
