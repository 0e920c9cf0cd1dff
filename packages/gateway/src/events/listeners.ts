import { microDollarsToJson } from "@agentgate/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { may, organization, orgOf, requestUse, subjectOf } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import type { CallTail } from "../call-log/index.ts";
import type { HealthRoom } from "../health/index.ts";
import { type EventSink, formatEvent, type KeepAlives, openEvents, type Principal, Problem } from "../http/index.ts";
import type { Balance } from "../ledger/index.ts";
import type { KeyWatch } from "../orgs/index.ts";
import { type Clock, FairShares, type Log, renderTimestamp, Shares, Turns } from "../runtime/index.ts";
import type { DeliveryState } from "../webhooks/index.ts";
import { Backlog } from "./backlog.ts";
import { CallEvents } from "./call-events.ts";
import type { CallFeed } from "./call-feed.ts";
import { followCalls } from "./catch-up.ts";
import { readEventId } from "./event-id.ts";
import type { LogFilter } from "./log-filter.ts";
import type { StateFeed } from "./state-feed.ts";
import { type Topic, topicActions } from "./topics.ts";

export interface ListenersOptions {
  tail: CallTail;
  feed: CallFeed;
  wallets: StateFeed<Balance>;
  deliveries: StateFeed<DeliveryState[]>;
  agents: Pick<AgentRegistry, "see">;
  health: Pick<HealthRoom, "onTurned" | "statuses">;
  keyWatch: Pick<KeyWatch, "watch">;
  keepAlives: KeepAlives;
  clock: Clock;
  log: Log;
}

/** What one listens to. */
export interface Wanted {
  topics: ReadonlySet<Topic>;
  filter: LogFilter;
}

/** Listeners at once, and of one organization or the admin. */
const PLACES = { total: 1_000, perOwner: 50 };
/** Characters that wait for all readers together. */
const WAITING_MAX = 16_777_216;
/** How soon a reader comes back whose connection broke. */
const RETRY_MS = 1_000;
/** The empty name stands for everybody. */
const EVERYBODY = "";

/** Who listens to what happens. Whoever's key or session ends is told so, as the last. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #places = new Shares(PLACES);
  readonly #waiting = new FairShares(WAITING_MAX);
  readonly #catchingUp = new Turns();
  readonly #ends = new Set<() => void>();
  #closed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#places.used;
  }

  /** Answers with events for as long as the reader stays. @throws Problem 429 */
  listen(caller: Principal, wanted: Wanted, request: FastifyRequest, reply: FastifyReply): void {
    const owner = subjectOf(caller);
    if (!this.#places.take(owner)) {
      throw new Problem(429, "As many listen as may; end some, or come back", { headers: { "retry-after": "10" } });
    }
    const { keyWatch, keepAlives } = this.#options;
    const leaving: (() => void)[] = [];
    let hasLeft = false;
    const backlog = new Backlog({
      write: (text) => sink.write(text),
      shares: this.#waiting,
      owner,
      gapOf: (missed) => formatEvent(JSON.stringify({ missed }), "gap"),
    });
    const leave = () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#ends.delete(end);
      this.#places.give(owner);
      backlog.close();
      for (const one of leaving.splice(0)) one();
    };
    const end = () => {
      leave();
      sink.end();
    };
    const onLeave = (one: () => void) => {
      if (hasLeft) one();
      else leaving.push(one);
    };
    const sink: EventSink = openEvents(reply, { keepAlives, onLeave: leave });
    if (hasLeft) return;
    void sink.write(`retry: ${RETRY_MS}\n\n`);
    // A client that is refused gives up; one whose stream ends comes back, to another node.
    if (this.#closed) {
      end();
      return;
    }
    this.#ends.add(end);
    const uses = [...wanted.topics].map((topic) => topicActions[topic]);
    onLeave(
      keyWatch.watch(requestUse(request, ...uses), (why) => {
        void sink.write(formatEvent(JSON.stringify(why.toBody("/events")), "error"));
        end();
      }),
    );
    this.#tellStates(caller, wanted.topics, backlog, onLeave);
    void this.#tellCalls(caller, wanted, request, { backlog, onLeave, hasLeft: () => hasLeft }).catch((error) => {
      if (!hasLeft) this.#options.log.warn({ err: error }, "a listener could not be told what it missed");
      // It comes back by itself, with what it had last.
      end();
    });
  }

  /** Ends all, and whoever comes from now on: they go on at another node. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#ends]) end();
  }

  async #tellCalls(
    caller: Principal,
    { topics, filter }: Wanted,
    { headers }: FastifyRequest,
    { backlog, onLeave, hasLeft }: { backlog: Backlog; onLeave(one: () => void): void; hasLeft(): boolean },
  ): Promise<void> {
    const tells = { logs: topics.has("logs"), stats: topics.has("stats") };
    if (!tells.logs && !tells.stats) {
      backlog.add(READY);
      return;
    }
    const { tail, feed, clock } = this.#options;
    const events = new CallEvents({ caller, filter, tells, backlog, clock });
    const last = [headers["last-event-id"]].flat()[0];
    const since = tells.logs && last ? (readEventId(last) ?? null) : undefined;
    const lost = () => void backlog.add(formatEvent(JSON.stringify({ missed: null }), "gap"));
    const takeTurn = () => this.#catchingUp.take(subjectOf(caller));
    const ready = () => void backlog.add(READY, false);
    const nowMs = clock.now();
    await followCalls(since, { tail, feed, events, backlog, lost, ready, hasLeft, onLeave, takeTurn, nowMs });
  }

  #tellStates(
    caller: Principal,
    topics: ReadonlySet<Topic>,
    backlog: Backlog,
    onLeave: (one: () => void) => void,
  ): void {
    const { wallets, deliveries, health } = this.#options;
    const orgId = orgOf(caller);
    const tell = (type: string, value: object) => void backlog.add(formatEvent(JSON.stringify(value), type));
    if (topics.has("wallet") && orgId !== undefined) {
      let told = "";
      onLeave(
        wallets.join(orgId, (balance) => {
          if (!may(caller, topicActions.wallet, organization(orgId))) return;
          const text = JSON.stringify(toWireBalance(orgId, balance));
          if (text !== told) backlog.add(formatEvent(text, "wallet"));
          told = text;
        }),
      );
    }
    if (topics.has("deliveries")) {
      let known: Map<string, string> | undefined;
      onLeave(
        deliveries.join(orgId ?? EVERYBODY, (states) => {
          const before = known;
          known = new Map(states.map((state) => [state.id, `${state.status} ${state.failures}`]));
          for (const state of states.toReversed()) {
            const isNews = before !== undefined && before.get(state.id) !== known.get(state.id);
            if (isNews && may(caller, topicActions.deliveries, { orgId: state.org_id })) {
              tell("delivery", toWireDelivery(state));
            }
          }
        }),
      );
    }
    if (topics.has("health")) onLeave(health.onTurned((ids) => void this.#tellHealth(caller, ids, tell)));
  }

  async #tellHealth(
    caller: Principal,
    ids: readonly string[],
    tell: (type: string, value: object) => void,
  ): Promise<void> {
    const { agents, health, log } = this.#options;
    try {
      const statuses = await health.statuses(ids);
      for (const [id, status] of statuses) {
        // A key that was made for some agents is told of no others that not everybody sees.
        const agent = await agents.see(id, caller);
        if (!agent || !may(caller, topicActions.health, agent)) continue;
        tell("health", { agent_id: id, agent_name: agent.name, status });
      }
    } catch (error) {
      log.warn({ err: error }, "agents' health could not be told");
    }
  }
}

/** What happens from here on is told. */
const READY = formatEvent("{}", "ready");

const toWireBalance = (orgId: string, { posted, held, available }: Balance) => ({
  org_id: orgId,
  balance: microDollarsToJson(posted),
  held: microDollarsToJson(held),
  available: microDollarsToJson(available),
});

const toWireDelivery = ({ failures, created_at, ...state }: DeliveryState) => ({
  ...state,
  failures: Number(failures),
  created_at: renderTimestamp(created_at),
});
