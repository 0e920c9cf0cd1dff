import { expect, test } from "vitest";
import { leadMax } from "./journal-time.ts";
import { type MemoryStore, UnlockedStore } from "./testing/memory-store.ts";
import { ReferenceLedger } from "./testing/reference-ledger.ts";
import { type Simulated, simulate, type Told } from "./testing/simulation.ts";
import { type TroubledClock, TrustedClock } from "./testing/troubled-clock.ts";

/** Whole lives of two nodes, replayable from the seed: `AGENTGATE_SEED=n npx vitest run simulation`. */
export function simulationSuite(seeds: number): void {
  const given = process.env.AGENTGATE_SEED;
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(given);
  const count = given === undefined ? seeds : 1;

  test(`${count} seeds from ${first}: whatever fails, the books are right and nobody was told otherwise`, async () => {
    const heard = new Set<string>();
    for (let seed = first; seed < first + count; seed++) {
      for (const { answer } of await checkSeed(seed)) heard.add(answer);
    }
    // A simulation that never gets into trouble would prove nothing.
    if (count >= 100) {
      expect([...heard].sort()).toEqual(
        expect.arrayContaining([
          "done",
          "hold_resolved",
          "insufficient_balance",
          "lost",
          "replayed",
          "unavailable",
          "unknown",
        ]),
      );
    }
  }, 3_600_000);

  test("the same seed is the same life", async () => {
    const [one, other] = [await simulate(first), await simulate(first)];
    expect(one.store.head).toEqual(other.store.head);
    expect(one.told).toEqual(other.told);
  });

  test("nodes that trust what day it is are caught", async () => {
    const check = async () => {
      for (let seed = 1; seed <= 50; seed++) await checkSeed(seed, undefined, TrustedClock);
    };
    await expect(check()).rejects.toThrow(/seed/);
  });

  test("a store whose batches do not wait for each other is caught", async () => {
    const check = async () => {
      for (let seed = 1; seed <= 20; seed++) await checkSeed(seed, new UnlockedStore());
    };
    await expect(check()).rejects.toThrow(/seed/);
  });
}

async function checkSeed(seed: number, store?: MemoryStore, machine?: typeof TroubledClock): Promise<Told[]> {
  try {
    const simulated = await simulate(seed, store, machine);
    await expectSoundBooks(simulated);
    expectAsTheReferenceWouldHave(simulated);
    expectTruthTold(simulated);
    expectNoneCutShort(simulated);
    return simulated.told;
  } catch (cause) {
    throw new Error(`seed ${seed}`, { cause });
  }
}

async function expectSoundBooks({ survivor }: Simulated): Promise<void> {
  expect(await survivor.verify()).toMatchObject({ ok: true, problems: [], openHolds: 0 });
}

/** The journal, read as a plain list of wishes, is one that the reference ledger grants in full. */
function expectAsTheReferenceWouldHave({ store }: Simulated): void {
  const reference = new ReferenceLedger();
  const entries = Map.groupBy(store.entries, ({ seq }) => seq);
  for (const row of store.rows) {
    reference.now = row.elapsed!;
    const legs = entries.get(row.seq) ?? [];
    const answer = {
      reserve: () => reference.reserve(row.id, row.account!, row.amount, row.expires_at!),
      settle: () => reference.settle(row.id, legs),
      release: () => reference.release(row.id),
      expire: () => (reference.holds.get(row.id)!.expiresAt <= row.elapsed! ? "done" : "too early"),
      post: () => reference.post(row.key!, legs),
    }[row.step]();
    expect({ row, answer }).toEqual({ row, answer: "done" });
  }
  for (const { id, posted } of store.accounts.values())
    expect({ id, posted }).toEqual({ id, posted: reference.balance(id) });
}

/** No hold lapses before so much real time has passed as it was asked for, whatever the nodes' clocks say. */
function expectNoneCutShort({ store, happenedAt }: Simulated): void {
  const reserves = new Map(store.rows.flatMap((row) => (row.step === "reserve" ? [[row.id, row]] : [])));
  for (const { step, id, seq } of store.rows) {
    if (step !== "expire") continue;
    const reserve = reserves.get(id)!;
    const lifetimeMs = Number(reserve.expires_at! - reserve.elapsed! - leadMax) / 1000;
    const lastedMs = happenedAt.get(seq)! - happenedAt.get(reserve.seq)!;
    expect({ id, isCut: lastedMs < lifetimeMs, lastedMs, lifetimeMs }).toMatchObject({ isCut: false });
  }
}

/** What was said to be done is in the journal, once; what was refused every time is not. */
function expectTruthTold({ store, told }: Simulated): void {
  const requests = Map.groupBy(told, ({ step, subject }) => `${step} ${subject}`);
  for (const answers of requests.values()) {
    const { step, subject } = answers[0]!;
    const rows = store.rows.filter((row) => row.step === step && (row.key ?? row.id) === subject);
    const granted = answers.filter(({ answer }) => answer === "done" || answer === "replayed");
    const uncertain = answers.some(({ answer }) => answer === "lost" || answer === "unknown");
    if (granted.length > 0 && step !== "release") {
      expect(rows.map(({ id }) => id)).toEqual([granted[0]!.id]);
      expect(new Set(granted.map(({ id }) => id)).size).toBe(1);
    }
    expect(answers.filter(({ answer }) => answer === "done").length).toBeLessThanOrEqual(1);
    if (granted.length === 0 && !uncertain) expect(rows).toEqual([]);
    expect(rows.length).toBeLessThanOrEqual(1);
  }
}
