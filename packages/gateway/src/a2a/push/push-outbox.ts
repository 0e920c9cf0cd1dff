import { A2A_MEDIA_TYPE, dialects, isObject } from "@agentgate/protocol/a2a";
import type { AgentRegistry } from "../../agents/index.ts";
import { type Dialer, OutboundError, type OutboundResponse } from "../../outbound/index.ts";
import { type Delivery, type Lane, type Message, Outbox, type OutboxLimits } from "../../outbox/index.ts";
import { Payload, translateEvent } from "../../routing/index.ts";
import type { Clock, Log, Random } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { V1 } from "../agent-link.ts";
import { hasPiece, type PaidTasks, stateAlone, statusAlone } from "../paid-tasks.ts";
import type { PushConfig, PushConfigs } from "./push-configs.ts";

export interface PushOutboxOptions {
  storage: Storage;
  agents: Pick<AgentRegistry, "find">;
  configs: PushConfigs;
  paidTasks: PaidTasks;
  dialer: Dialer;
  clock: Clock;
  random: Random;
  log: Log;
  limits?: Partial<OutboxLimits>;
}

const MIB = 2 ** 20;
const TIMEOUT_MS = 15_000;
const GONE = 410;
const LATER = Symbol("later");
const LATER_MS = 2_000;
/** Statuses with which a receiver may say when it wants to be asked again. */
const ASKS_FOR_TIME = [429, 503];

/** A receiver that hangs has a place for `TIMEOUT_MS`: six of its owner's sixteen, which are an eighth of all. */
export const pushLimits: OutboxLimits = {
  places: { total: 128, tenant: 48, source: 32, receiver: 24, owner: 16, ownerAtReceiver: 6 },
  stock: {
    lane: { messages: 1_000, bytes: 8 * MIB },
    owner: { messages: 2_000, bytes: 32 * MIB },
    source: { messages: 10_000, bytes: 128 * MIB },
    all: { messages: 100_000, bytes: 1_024 * MIB },
  },
  retryMs: [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000],
  attempts: 8,
  ageMs: 24 * 3_600_000,
  leaseMs: 6_000,
  pollMs: 2_000,
};

/** Notifications on their way to callers' webhooks: those of one config in the order in which its agent sent them. */
export class PushOutbox {
  readonly #options: PushOutboxOptions;
  readonly #outbox: Outbox;

  constructor(options: PushOutboxOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      ...options,
      topic: "a2a.push",
      limits: { ...pushLimits, ...options.limits },
      deliver: (message, lane, stopping) => this.#deliver(message, lane, stopping),
    });
  }

  start(): void {
    this.#outbox.start();
  }

  /** Takes a notification in 1.0's shape. @returns false when too many wait already */
  async add(config: PushConfig, event: Payload): Promise<boolean> {
    const { agents, random } = this.#options;
    const { id, owner, agentId, said } = config;
    const agent = await agents.find(agentId);
    const tenant = agent?.orgId ?? agentId;
    const lane = { id, owner, source: agentId, tenant, receiver: receiverOf(said.url) };
    return this.#outbox.add(lane, { id: random.uuid(), body: event.text });
  }

  /** Forgets what waits for these configs. */
  drop(configIds: readonly string[]): Promise<void> {
    return this.#outbox.drop(configIds);
  }

  close(): Promise<void> {
    return this.#outbox.close();
  }

  async #deliver({ id, body }: Message, lane: Lane, stopping: AbortSignal): Promise<Delivery> {
    const { configs, dialer } = this.#options;
    // Asked for each time: nothing goes to a config that was deleted, or whose owner is gone.
    const config = await configs.find(lane.id);
    if (!config) return { kind: "gone" };
    const told = await this.#told(config, Payload.ofText(V1, body));
    // There is nothing in it that may be told.
    if (told === undefined) return { kind: "delivered" };
    if (told === LATER) return { kind: "postponed", waitMs: LATER_MS };
    const { said, version } = config;
    const dialect = version === "0.3" ? dialects["0.3"] : V1;
    const call = dialer.send({
      url: String(said.url),
      method: "POST",
      headers: {
        "content-type": version === "0.3" ? "application/json" : A2A_MEDIA_TYPE,
        "x-agentgate-notification-id": id,
        ...credentialsIn(said, version),
      },
      body: translateEvent(told, dialect).text,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: 4_096,
      bodyOptional: true,
      owner: lane.owner,
    });
    const abort = () => call.abort();
    stopping.addEventListener("abort", abort, { once: true });
    const delivery = await call.response.then(judged, unanswered);
    stopping.removeEventListener("abort", abort);
    if (delivery.kind === "gone") await configs.delete(lane.id);
    return delivery;
  }

  /** What of a notification may be told now; undefined for nothing. A call that was released is told by its state alone. */
  async #told({ agentId, taskId, hold }: PushConfig, event: Payload): Promise<Payload | typeof LATER | undefined> {
    const { paidTasks } = this.#options;
    const { object } = event;
    if (!hasPiece(object)) return event;
    if (taskId === null) {
      const may = await paidTasks.mayTellOf(hold);
      return may === "yes" ? event : may === "later" ? LATER : undefined;
    }
    if (await paidTasks.mayTell(agentId, taskId)) return event;
    const { task, statusUpdate } = object;
    if (isObject(task)) return Payload.ofValue(V1, { task: stateAlone(task) });
    if (!isObject(statusUpdate)) return undefined;
    return Payload.ofValue(V1, { statusUpdate: { ...statusUpdate, status: statusAlone(statusUpdate.status) } });
  }
}

function judged({ status, headers }: OutboundResponse): Delivery {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === GONE) return { kind: "gone" };
  const asked = ASKS_FOR_TIME.includes(status) ? Number(headers["retry-after"]) : 0;
  const retryAfterMs = asked > 0 ? asked * 1000 : undefined;
  return { kind: "failed", isUnreachable: false, retryAfterMs, why: `status ${status}` };
}

const SILENT = ["connect", "timeout", "reset", "protocol"];

function unanswered(error: unknown): Delivery {
  if (!OutboundError.isInstance(error)) throw error;
  return { kind: "failed", isUnreachable: SILENT.includes(error.kind), why: error.kind };
}

/** A host with its port, in one spelling. */
function receiverOf(url: unknown): string {
  const { hostname, port, protocol } = new URL(String(url));
  return `${hostname.replace(/\.$/, "")}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** The caller's own credentials. 1.0 shows its token where it gave no others, 0.3 always (a2a.md, section 1.8). */
function credentialsIn(
  { authentication, token }: PushConfig["said"],
  version: PushConfig["version"],
): Record<string, string> {
  const { scheme, credentials } = isObject(authentication) ? authentication : {};
  const shown: Record<string, string> = {};
  if (scheme && credentials) shown.authorization = `${scheme} ${credentials}`;
  if (token && (version === "0.3" || !shown.authorization)) shown["x-a2a-notification-token"] = `${token}`;
  return shown;
}
