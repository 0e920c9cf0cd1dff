import type { GatewayEvent } from "@agentgate/protocol";
import { GatewayError } from "./gateway-error.ts";
import type { ServerSentEvent } from "./server-sent-events.ts";

/** A new stream, behind the event with this id where one is given. */
export type OpenStream = (lastEventId: string | undefined) => AsyncGenerator<ServerSentEvent, void>;

const KINDS = new Set(["log", "stats", "wallet", "health", "delivery", "gap", "ready"]);
const AGAIN_MS = 1_000;

/**
 * Events as they come. After a break it goes on behind the last one, at whichever node answers; what the gateway refuses is thrown.
 * @throws {@link GatewayError} also when the key has ended
 */
export async function* followEvents(open: OpenStream, signal?: AbortSignal): AsyncGenerator<GatewayEvent, void> {
  let lastId: string | undefined;
  for (;;) {
    try {
      for await (const { event, data, id } of open(lastId)) {
        if (id) lastId = id;
        if (event === "error") throw endOf(data);
        if (KINDS.has(event) && data) yield { type: event, data: JSON.parse(data), id: lastId } as GatewayEvent;
      }
    } catch (error) {
      if (signal?.aborted || !isBreak(error)) throw error;
    }
    await pause(signal);
  }
}

/** The connection broke, or there is no node at this moment: nobody was refused. */
const isBreak = (error: unknown): boolean =>
  GatewayError.isInstance(error) && (error.status === undefined || error.status === 503 || error.status === 502);

function endOf(data: string): GatewayError {
  const { detail, code, status } = JSON.parse(data) as { detail: string; code: string; status: number };
  return new GatewayError(code, detail, { status });
}

const pause = (signal: AbortSignal | undefined) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, AGAIN_MS);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
