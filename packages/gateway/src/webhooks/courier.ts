import { type Dialer, OutboundError, type OutboundResponse } from "../outbound/index.ts";
import type { Delivery, DispatchLimits, Lane } from "../outbox/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { HeldDelivery } from "./delivery-store.ts";
import type { EndpointCondition } from "./endpoint-condition.ts";
import type { EndpointStore } from "./endpoint-store.ts";
import { signing } from "./secrets.ts";
import type { Sender } from "./sender.ts";
import { signedHeaders } from "./signature.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * A receiver that hangs has a place for `TIMEOUT_MS`: six of its owner's sixteen, which are an eighth of all. Between attempts it waits as
 * Standard Webhooks says; while one gives no answer at all, nothing else of the same owner tries its time on it more than every five minutes.
 */
export const dispatchLimits: DispatchLimits = {
  places: { total: 128, tenant: 16, source: 16, receiver: 24, owner: 16, ownerAtReceiver: 6 },
  retryMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  silentMs: [5 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE],
  askedMs: 24 * HOUR,
  attempts: 10,
  leaseMs: 6 * SECOND,
  pollMs: SECOND,
};

const TIMEOUT_MS = 20_000;
const HEAD_BYTES = 1_024;
const GONE = 410;
/** The receiver is there and cannot take more: nothing else of the same owner is tried on it until its time. */
const THROTTLES = [429, 502, 503, 504];
/** Of outbound errors, those that say nothing of the receiver's answer: there was none. */
const SILENT = ["connect", "timeout", "reset", "protocol"];

export interface CourierOptions {
  endpoints: EndpointStore;
  condition: EndpointCondition;
  dialer: Dialer;
  clock: Clock;
}

/** Makes one attempt at a delivery, and says what became of it. */
export class Courier {
  readonly #options: CourierOptions;
  /** Rooms that sign in their own way, by name. */
  readonly #senders = new Map<string, Sender>();

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  addSender(name: string, sender: Sender): void {
    this.#senders.set(name, sender);
  }

  async deliver(held: HeldDelivery, lane: Lane, stopping: AbortSignal): Promise<Delivery> {
    const { clock, condition, endpoints } = this.#options;
    const began = { at: clock.now(), from: clock.monotonic() };
    const endpoint = held.endpointId === null ? undefined : await endpoints.find(held.endpointId);
    const url = held.url ?? endpoint?.url;
    const refusal =
      url === undefined
        ? "the endpoint was deleted"
        : endpoint?.disabledReason != null
          ? `the endpoint is disabled: ${endpoint.disabledReason}`
          : undefined;
    if (url === undefined || refusal !== undefined) return { kind: "gone", note: this.#note(began, null, refusal!) };
    const headers = endpoint
      ? {
          "content-type": "application/json",
          ...signedHeaders(held, signing(endpoint.secrets, began.at), seconds(began.at)),
        }
      : await this.#headersBy(held, url);
    if (!headers) return { kind: "postponed", waitMs: MINUTE };
    const call = this.#options.dialer.send({
      url,
      method: "POST",
      headers: { "user-agent": "AgentGate-Webhooks", ...headers },
      body: held.body,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: HEAD_BYTES,
      bodyOptional: true,
      owner: lane.owner,
    });
    const abort = () => call.abort();
    stopping.addEventListener("abort", abort, { once: true });
    const answer = await call.response.catch((error) => error as unknown);
    stopping.removeEventListener("abort", abort);
    const delivery = this.#judged(answer, began);
    // What was cut off by the gateway's own stop says nothing of the receiver.
    if (endpoint && !stopping.aborted) await condition.after(endpoint, delivery);
    return delivery;
  }

  /** Undefined while the room that signs it is not there, as on a node of an earlier version. */
  async #headersBy(held: HeldDelivery, url: string): Promise<Record<string, string> | undefined> {
    const { id, event, orgId, agentId, body, createdAt } = held;
    return this.#senders.get(held.sender)?.headers({ id, url, event, orgId, agentId, body, createdAt });
  }

  #judged(answer: unknown, began: Began): Delivery {
    if (isResponse(answer)) {
      const { status, headers } = answer;
      if (status >= 200 && status < 300) return { kind: "delivered", note: this.#note(began, answer, null) };
      const why = `status ${status}${status >= 300 && status < 400 ? ": redirects are not followed" : ""}`;
      const note = this.#note(began, answer, why);
      if (status === GONE) return { kind: "gone", note };
      const throttles = THROTTLES.includes(status);
      const retryAfterMs = throttles ? retryAfter(headers["retry-after"], this.#options.clock.now()) : undefined;
      return { kind: "failed", isUnreachable: throttles, retryAfterMs, why, note };
    }
    if (!OutboundError.isInstance(answer)) throw answer;
    // Nothing was tried: there was no place for it.
    if (answer.kind === "busy") return { kind: "postponed", waitMs: 5 * SECOND };
    const note = this.#note(began, null, answer.message);
    return { kind: "failed", isUnreachable: SILENT.includes(answer.kind), why: answer.kind, note };
  }

  #note({ at, from }: Began, answer: OutboundResponse | null, error: string | null) {
    const ms = Math.round((this.#options.clock.monotonic() - from) * 10) / 10;
    return { at, ms, status: answer?.status ?? null, head: answer && headOf(answer.body), error };
  }
}

interface Began {
  /** Milliseconds since the epoch. */
  at: number;
  /** Of the clock that never runs backwards. */
  from: number;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

const isResponse = (answer: unknown): answer is OutboundResponse =>
  !(answer instanceof Error) && typeof (answer as OutboundResponse | null)?.status === "number";

/** How the answer began, as text that every database keeps. */
const headOf = (body: Buffer): string =>
  body.subarray(0, HEAD_BYTES).toString("utf8").replaceAll("\0", "\ufffd").slice(0, HEAD_BYTES).toWellFormed();

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfter(value: string | string[] | undefined, now: number): number | undefined {
  const text = [value].flat()[0];
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return ms > 0 ? ms : undefined;
}
