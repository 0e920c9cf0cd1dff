import { type Clock, ManualClock, SeededRandom, silentLog } from "../../runtime/index.ts";
import { isLedgerError, LedgerError } from "../errors.ts";
import { Ledger } from "../ledger.ts";
import type { LedgerQueries } from "../ledger-queries.ts";
import { type Posting, payment, topup } from "../posting.ts";
import type { LedgerStore } from "../store.ts";
import { type Fault, MemoryStore } from "./memory-store.ts";
import { mortal } from "./mortal-store.ts";
import { TroubledClock } from "./troubled-clock.ts";

/** What a client was told of one request: "lost" when its node died first, "unknown" when its node could not tell. */
export interface Told {
  step: "post" | "reserve" | "settle" | "release";
  /** The key of a post or reserve, the hold of a settle or release. */
  subject: string;
  answer: string;
  /** The transaction's or hold's id, when there was one. */
  id?: string;
}

export interface Simulated {
  store: MemoryStore;
  told: Told[];
  /** The last node standing, after all faults have ended and every deadline has passed. */
  survivor: Ledger;
  /** When each row of the journal came to be, milliseconds of real time. */
  happenedAt: ReadonlyMap<bigint, number>;
}

interface Node {
  ledger: Ledger;
  clock: TroubledClock;
  /** Resolves when the node is killed; what it was asked then is never answered. */
  death: Promise<"lost">;
  kill(): void;
}

const deadlineMs = 3_000;

/** Two nodes, each with clocks of its own, three clients, a network and a database that misbehave, and time: all from one seed. */
export async function simulate(
  seed: number,
  store = new MemoryStore(),
  Machine: typeof TroubledClock = TroubledClock,
): Promise<Simulated> {
  const random = new SeededRandom(seed);
  const chance = (probability: number) => random.fraction() < probability;
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const clock = new ManualClock();
  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  const happenedAt = new Map<bigint, number>();
  const write = store.write.bind(store);
  store.write = (changes) => {
    for (const { seq } of changes.rows) happenedAt.set(seq, clock.now());
    write(changes);
  };

  const trouble = random.fraction() * 0.3;
  let outageEndsAt = 0;
  store.disturb = async () => {
    if (chance(0.7)) await pause(below(20));
    if (chance(0.005)) outageEndsAt = clock.now() + below(12_000);
    if (clock.now() >= outageEndsAt && !chance(trouble)) return undefined;
    return (["away", "answer lost", "commit lost"] as Fault[])[below(3)];
  };

  const startNode = (): Node => {
    const life = { alive: true };
    const own = new Machine(clock, random);
    const ledger = openLedger(mortal(store, life), own, random);
    const { promise: death, resolve } = Promise.withResolvers<"lost">();
    const kill = () => {
      life.alive = false;
      void ledger.close();
      resolve("lost");
    };
    return { ledger, clock: own, death, kill };
  };
  const nodes = [startNode(), startNode()];

  const told: Told[] = [];
  const ask = async (step: Told["step"], subject: string, act: (ledger: Ledger) => Promise<Answered>) => {
    const node = nodes[below(nodes.length)]!;
    const answered = await Promise.race([act(node.ledger).catch(refusal), node.death]);
    const answer = typeof answered === "string" ? answered : answered.replayed ? "replayed" : "done";
    const id = typeof answered === "string" ? undefined : (answered.hold ?? answered.transaction)?.id;
    told.push({ step, subject, answer, ...(id !== undefined && { id }) });
    return id;
  };
  /** As a careful client does: the same request again, as long as nobody can tell what became of it. */
  const insist = async (step: Told["step"], subject: string, act: (ledger: Ledger) => Promise<Answered>) => {
    for (let attempt = 0; attempt < 5; attempt++) {
      const id = await ask(step, subject, act);
      if (id !== undefined && !chance(0.1)) return id;
      if (!["lost", "unknown", "unavailable"].includes(told.at(-1)!.answer) && !chance(0.1)) return id;
      await pause(below(50));
    }
    return undefined;
  };

  const client = async (name: string) => {
    const wallet = () => `wallet-${below(2)}`;
    for (let n = 0; n < 10; n++) {
      const key = `${name}-${n}`;
      const amount = BigInt(1 + below(60));
      if (chance(0.4)) {
        const posting = chance(0.5) ? topup({ account: wallet(), amount }) : pay(wallet(), wallet(), amount);
        await insist("post", key, (ledger) => ledger.post({ posting, key }));
        continue;
      }
      const account = wallet();
      const lifetimeMs = 1 + below(deadlineMs);
      const hold = await insist("reserve", key, (ledger) =>
        ledger.reserve({ account, amount, lifetimeMs, type: "task", key }),
      );
      await pause(chance(0.2) ? below(deadlineMs) : below(30));
      if (hold === undefined || chance(0.1)) continue;
      if (chance(0.2)) {
        await insist("release", hold, (ledger) => ledger.release(hold));
      } else {
        const posting = pay(account, wallet(), amount);
        await insist("settle", hold, (ledger) => ledger.settle(hold, { posting }));
      }
    }
  };

  /** Nobody asks for anything; what runs by itself does. */
  const idle = async (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      clock.advance(1_000);
      await turn();
    }
  };

  let working = true;
  const clients = Promise.all(["a", "b", "c"].map(client)).finally(() => {
    working = false;
  });
  clients.catch(() => {});
  while (working) {
    clock.advance(1 + below(30));
    await turn();
    for (const node of nodes) if (chance(0.01)) node.clock.trouble();
    if (chance(0.003)) await idle(below(90));
    if (chance(0.01)) {
      const index = below(nodes.length);
      nodes[index]!.kill();
      nodes[index] = startNode();
    }
  }

  await clients;

  store.disturb = async () => undefined;
  const survivor = openLedger(store, new Machine(clock, random), random);
  const sweep = async () => {
    let isDone = false;
    const swept = survivor.sweep().finally(() => {
      isDone = true;
    });
    // What the others were doing holds it up until some time has passed.
    for (; !isDone; await turn()) clock.advance(10);
    await swept;
  };
  await sweep();
  // A batch of another node that was under way may be written only now; how much time has passed after it shows the next time.
  for (let n = 0; n < 2; n++) {
    clock.advance(deadlineMs + 3_001);
    await sweep();
  }
  return { store, told, survivor, happenedAt };
}

interface Answered {
  replayed: boolean;
  hold?: { id: string };
  transaction?: { id: string };
}

const refusal = (error: unknown): string => {
  if (!(error instanceof LedgerError)) throw error;
  return isLedgerError(error, "unavailable") && error.data.outcomeUnknown ? "unknown" : error.code;
};

const pay = (payer: string, receiver: string, amount: bigint): Posting =>
  payment({ type: "task", payer, receiver, amount, fee: amount / 20n });

const openLedger = (store: LedgerStore, clock: Clock, random: SeededRandom) =>
  new Ledger({ store, clock, random, log: silentLog }, undefined as unknown as LedgerQueries);

/** Lets every promise that can go on do so. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
