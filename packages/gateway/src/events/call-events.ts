import { may } from "../access/index.ts";
import {
  asSeenBy,
  isAskedFor,
  type LoggedCall,
  maySee,
  type TailCall,
  type TailPosition,
  toWireLogEntry,
} from "../call-log/index.ts";
import { formatEvent, type Principal } from "../http/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { Backlog } from "./backlog.ts";
import { eventIdOf } from "./event-id.ts";
import type { LogFilter } from "./log-filter.ts";
import { topicActions } from "./topics.ts";

/** How often the position alone is told, where nothing else is: so little has to be looked at again when the connection breaks. */
const POSITION_EVERY_MS = 15_000;
const STATS_EVERY_MS = 2_000;

/** Written once for all who may see as much of it, however many listen. */
const written = { whole: new WeakMap<LoggedCall, string>(), withoutKey: new WeakMap<LoggedCall, string>() };
function textOf(call: LoggedCall, seen: LoggedCall): string {
  const texts = seen === call ? written.whole : written.withoutKey;
  let text = texts.get(call);
  if (text === undefined) {
    text = formatEvent(JSON.stringify(toWireLogEntry(seen)), "log");
    texts.set(call, text);
  }
  return text;
}

export interface CallEventsOptions {
  caller: Principal;
  filter: LogFilter;
  /** Whether each call is told, and whether they are counted. */
  tells: { logs: boolean; stats: boolean };
  backlog: Backlog;
  clock: Clock;
}

/** The calls that one listener may see and wants to, as events. Whether it may is asked for each. */
export class CallEvents {
  readonly #options: CallEventsOptions;
  #positionToldMs: number;
  #stats = { ok: 0, error: 0 };
  #statsToldMs = Number.NEGATIVE_INFINITY;

  constructor(options: CallEventsOptions) {
    this.#options = options;
    this.#positionToldMs = options.clock.monotonic();
  }

  /** @returns how many of them it is done with: fewer than all where there was no room for the next, which is to be told again */
  calls(calls: readonly TailCall[], position: TailPosition): number {
    const { backlog, tells, clock } = this.#options;
    const atMs = clock.now();
    const nowMs = clock.monotonic();
    for (const [at, one] of calls.entries()) {
      const seen = this.#seen(one.call);
      if (!seen) continue;
      if (tells.logs) {
        const text = `id: ${eventIdOf(one.position, atMs)}\n${textOf(one.call, seen)}`;
        if (!backlog.add(text, false)) return at;
        this.#positionToldMs = nowMs;
      }
      if (one.call.errorDetail === null) this.#stats.ok++;
      else this.#stats.error++;
    }
    if (tells.stats) this.#tellStats(nowMs);
    if (nowMs - this.#positionToldMs >= POSITION_EVERY_MS) this.tellPosition(position);
    return calls.length;
  }

  /** An event without content, of which a client keeps the id. */
  tellPosition(position: TailPosition): void {
    const { backlog, clock } = this.#options;
    this.#positionToldMs = clock.monotonic();
    backlog.add(`id: ${eventIdOf(position, clock.now())}\n\n`, false);
  }

  #tellStats(nowMs: number): void {
    const { ok, error } = this.#stats;
    if (ok + error === 0 || nowMs - this.#statsToldMs < STATS_EVERY_MS) return;
    this.#statsToldMs = nowMs;
    this.#stats = { ok: 0, error: 0 };
    this.#options.backlog.add(formatEvent(JSON.stringify({ ok, error }), "stats"), false);
  }

  /** What of the call this listener may see, if it is one that he asks for. */
  #seen(call: LoggedCall): LoggedCall | undefined {
    const { caller, filter, tells } = this.#options;
    if (!maySee(caller, call)) return undefined;
    const { role, org_id } = filter;
    const action = tells.logs ? topicActions.logs : topicActions.stats;
    const isOf = (orgId: string | null) => may(caller, action, { orgId }) && (org_id === undefined || org_id === orgId);
    const isOwner = role !== "payer" && isOf(call.orgId);
    const isPayer = role !== "owner" && call.payerOrgId !== null && isOf(call.payerOrgId);
    if (!isOwner && !isPayer) return undefined;
    const seen = asSeenBy(caller, call);
    return isAskedFor(seen, filter) ? seen : undefined;
  }
}
