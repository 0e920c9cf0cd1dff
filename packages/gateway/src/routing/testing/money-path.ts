import type { KeyLimits } from "../../access/index.ts";
import type { Agent } from "../../agents/index.ts";
import { Problem } from "../../http/index.ts";
import { Ledger, topup } from "../../ledger/index.ts";
import { MemoryStore, mortal, TroubledClock } from "../../ledger/testing/index.ts";
import type { OrgRegistry } from "../../orgs/index.ts";
import { ManualClock, SeededRandom, silentLog } from "../../runtime/index.ts";
import { KeyBudgets } from "../key-budgets.ts";
import { TaskPayments } from "../payment.ts";

/** What came of one paid call. */
export interface SimulatedCall {
  callId: string;
  payer: string;
  /**
   * `delivered`: the caller has the answer. `refused`: it was told that it pays nothing, before the agent was called or after. `failed`: the
   * agent did. `uncertain`: it was told that it is not known. `lost`: its node died.
   */
  came: "delivered" | "refused" | "failed" | "uncertain" | "lost";
  /** Told with the answer; null would be work for nothing. */
  transactionId?: string | null;
  agentRan: boolean;
}

export interface SimulatedCalls {
  store: MemoryStore;
  calls: SimulatedCall[];
  /** A node that comes after all of it. */
  survivor: Ledger;
}

const price = 100n;
const lifetimeMs = 20_000;

/**
 * Paid calls through two nodes whose clocks are off, jump and stand still, on a database that misbehaves; nodes die, or stand still for so
 * long that the holds of their calls lapse. All from one seed.
 */
export async function simulateCalls(seed: number): Promise<SimulatedCalls> {
  const random = new SeededRandom(seed);
  const chance = (probability: number) => random.fraction() < probability;
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const time = new ManualClock();
  const pause = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve));
  const store = new MemoryStore();
  const trouble = random.fraction() * 0.1;
  store.disturb = async () => {
    if (chance(0.5)) await pause(below(20));
    if (!chance(trouble)) return undefined;
    return (["away", "answer lost", "commit lost"] as const)[below(3)];
  };
  const orgs = { find: async () => ({ tier: "free" }) } as unknown as OrgRegistry;
  const startNode = () => {
    const life = { alive: true };
    const clock = new TroubledClock(time, random);
    const open = { store: mortal(store, life), clock, random, log: silentLog };
    const ledger = new Ledger(open, undefined as never);
    const { promise: death, resolve } = Promise.withResolvers<"lost">();
    const kill = () => {
      life.alive = false;
      void ledger.close();
      resolve("lost");
    };
    const watchWallet = async () => undefined;
    const budgets = new KeyBudgets({ ledger, announcer: tellingNobody, clock });
    const payments = new TaskPayments({ ledger, orgs, watchWallet, budgets, clock, log: silentLog });
    return { clock, ledger, payments, death, kill };
  };
  type Node = ReturnType<typeof startNode>;
  const nodes: Node[] = [startNode(), startNode()];
  const calls: SimulatedCall[] = [];

  const agent = { id: "agent", name: "agent", orgId: "owner", pricePerTask: price } as Agent;
  const call = async (payer: string): Promise<void> => {
    const node = nodes[below(nodes.length)]!;
    const callId = random.uuid();
    const told: SimulatedCall = { callId, payer, came: "lost", agentRan: false };
    calls.push(told);
    const pay = async () => {
      const key = chance(0.5) ? budgetedKey : undefined;
      const hold = await node.payments.reserve({ callId, agent, payerOrgId: payer, taskId: null, lifetimeMs, key });
      told.agentRan = true;
      // A node that was stopped, in a machine that went on, comes back late for its own deadline.
      await pause(chance(0.15) ? lifetimeMs + below(20_000) : below(2_000));
      if (chance(0.2)) {
        await hold.release();
        told.came = "failed";
        return;
      }
      const receipt = await hold.settle([]);
      told.transactionId = receipt === null ? null : receipt.transactionId;
      told.came = "delivered";
    };
    const came = await Promise.race([
      pay().catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        told.came = error.code === "payment_unknown" ? "uncertain" : "refused";
      }),
      node.death,
    ]);
    if (came === "lost") told.came = "lost";
  };

  const client = async (payer: string) => {
    for (let n = 0; n < 8; n++) {
      await call(payer);
      if (chance(0.3)) await pause(below(3_000));
    }
  };

  /** Lets time pass until the work is done, in a world that is well or not. */
  const run = async <T>(work: Promise<T>, isWell = true): Promise<T> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    for (; !isDone; await turn()) {
      time.advance(1 + below(chance(0.1) ? 1_000 : 60));
      if (isWell) continue;
      for (const node of nodes) if (chance(0.02)) node.clock.trouble();
      if (chance(0.004)) {
        const index = below(nodes.length);
        nodes[index]!.kill();
        nodes[index] = startNode();
      }
    }
    return done;
  };

  const calm = store.disturb;
  store.disturb = async () => undefined;
  const wallets = ["a", "b", "c"];
  for (const account of wallets) {
    await run(nodes[0]!.ledger.post({ posting: topup({ account, amount: 12n * price }) }));
  }
  store.disturb = calm;
  await run(Promise.all([...wallets, ...wallets].map(client)), false);
  store.disturb = async () => undefined;
  const survivor = new Ledger(
    { store, clock: new TroubledClock(time, random), random, log: silentLog },
    undefined as never,
  );
  await run(survivor.sweep());
  await run(pause(lifetimeMs + 10_000));
  await run(survivor.sweep());
  return { store, calls, survivor };
}

/** A key that pays for less than is asked of it. */
export const BUDGET = { amount: 1_050n, period: "total" as const, alerts: [] };
const budgetedKey: KeyLimits = {
  ...{ keyId: "key", name: "key", budgets: [BUDGET], isBounded: true, isShownFrom: () => true },
  ...{ scopes: undefined, agentIds: undefined, rate: undefined, perCallMax: undefined },
  ...{ endsAt: undefined, ended: undefined },
};
const tellingNobody = { audienceOf: () => ({ endpoints: [] }), statementsFor: () => [] };

/** Lets every promise that can go on do so. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
