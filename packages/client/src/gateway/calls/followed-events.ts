import type { EventTopic, GatewayEvent } from "@agentgate/protocol";
import { GatewayError } from "../errors/index.ts";
import { asked, type GatewayTransport, singular } from "../http/index.ts";
import type { LogOptions } from "./call-filter.ts";

/** What is listened to, and which calls. */
export interface EventOptions extends Omit<LogOptions, "from" | "to"> {
  /** `logs` by default. */
  topics?: readonly EventTopic[] | undefined;
  /** Calls of one's own agents, or calls that one pays for; both by default. */
  role?: "owner" | "payer" | undefined;
  agentId?: string | undefined;
  /** A kind of failure: `timeout`. */
  error?: string | undefined;
}

const KINDS = new Set(["log", "stats", "wallet", "health", "delivery", "gap", "ready"]);
const AGAIN_MS = 1_000;

/**
 * Events as they come. After a break it goes on behind the last one, at whichever node answers; what the gateway refuses is thrown.
 * @throws {@link GatewayError} also when the key has ended
 */
export async function* followEvents(
  http: GatewayTransport,
  { topics, ...options }: EventOptions,
): AsyncGenerator<GatewayEvent, void> {
  const { query, ...call } = asked({ ...singular(options), topics });
  const signal = call.signal ?? new AbortController().signal;
  let lastId: string | undefined;
  for (;;) {
    try {
      const request = { path: "/events", query, headers: { "last-event-id": lastId }, ...call };
      for await (const { event, data, id } of http.events(request)) {
        if (id) lastId = id;
        if (event === "error") throw endOf(data);
        if (KINDS.has(event) && data) yield { type: event, data: JSON.parse(data), id: lastId } as GatewayEvent;
      }
    } catch (error) {
      if (signal.aborted || !isBreak(error)) throw error;
    }
    await http.timing.sleep(AGAIN_MS, signal);
  }
}

/** The connection broke, or there is no node at this moment: nobody was refused. */
const isBreak = (error: unknown): boolean =>
  GatewayError.isInstance(error) &&
  error.code !== "closed" &&
  (error.status === undefined || error.status === 503 || error.status === 502);

function endOf(data: string): GatewayError {
  const { detail, code, status } = JSON.parse(data) as { detail: string; code: string; status: number };
  return new GatewayError(code, detail, { status });
}
