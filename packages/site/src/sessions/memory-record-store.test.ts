import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryRecordStore } from "../index.ts";

const record = (text = "x", version = 1) => ({ text, version });
const aDay = 86_400_000;

/** How many records of a size fit before one is refused. */
async function fill(store: MemoryRecordStore, holder: string | undefined, text = "x"): Promise<number> {
  for (let i = 0; ; i++) {
    try {
      await store.insert(`${holder}/${i}/${crypto.randomUUID()}`, record(text), aDay, holder);
    } catch (error) {
      expect(error).toMatchObject({ code: "unavailable", status: 503, headers: { "retry-after": "60" } });
      return i;
    }
  }
}

describe("MemoryRecordStore", () => {
  it("refuses what finds no room and forgets nothing that is still good", async () => {
    const store = new MemoryRecordStore({ entriesMax: 3, now: () => 0 });
    for (const id of ["a", "b", "c"]) expect(await store.insert(id, record(), aDay)).toBe(true);
    await expect(store.insert("d", record(), aDay)).rejects.toMatchObject({ code: "unavailable" });
    expect(await Promise.all(["a", "b", "c"].map((id) => store.read(id)))).toEqual([record(), record(), record()]);
    expect(await store.insert("a", record("other"), aDay)).toBe(false);
    await store.remove("b");
    expect(await store.insert("d", record(), aDay)).toBe(true);
  });

  it("lets what has expired go first, at once when it is in the way", async () => {
    let now = 0;
    const store = new MemoryRecordStore({ entriesMax: 2, now: () => now });
    await store.insert("a", record(), 10);
    await store.insert("b", record(), aDay);
    now = 11;
    expect(await store.insert("c", record(), aDay)).toBe(true);
    expect([await store.read("a"), await store.read("b"), store.size]).toEqual([undefined, record(), 2]);
  });

  it("forgets in time what nobody asks for, after a clock that ran backwards too", async () => {
    let now = 1e12;
    const store = new MemoryRecordStore({ now: () => now });
    await store.insert("a", record(), now + 1000);
    now -= 120_000;
    await store.insert("b", record(), now + 1000);
    now += 61_000;
    await store.insert("c", record(), now + aDay);
    expect(store.size).toBe(2);
  });

  it("gives each holder a tenth, strangers together half, and the rest to those it knows", async () => {
    const store = new MemoryRecordStore({ entriesMax: 1000, now: () => 0 });
    const strangers = [];
    for (let i = 0; i < 7; i++) strangers.push(await fill(store, `address:192.0.2.${i}`));
    expect(strangers).toEqual([100, 100, 100, 100, 100, 0, 0]);
    expect(await fill(store, "subject:alice")).toBe(100);
    expect(await fill(store, "subject:bob")).toBe(100);
  });

  it("bounds the bytes of a holder, however large the records are", async () => {
    const bytesMax = 1_000_000;
    const store = new MemoryRecordStore({ bytesMax, now: () => 0 });
    expect(await fill(store, "address:192.0.2.1", "x".repeat(20_000))).toBe(2);
    expect(await fill(store, "address:192.0.2.2", "x")).toBeLessThan(100);
    expect(await fill(store, "address:192.0.2.3", "日".repeat(20_000))).toBe(1);
    expect(store.bytes).toBeLessThan((bytesMax * 3) / 20);
  });

  it("lets what is there grow where nothing new is let in, and never refuses to make it shorter", async () => {
    const store = new MemoryRecordStore({ bytesMax: 100_000, holderShare: 1, now: () => 0 });
    await store.insert("mine", record("x".repeat(1000)), aDay, "subject:me");
    await fill(store, "subject:other", "x".repeat(1000));
    expect(await store.replace("mine", record("y".repeat(10_000), 2), 1, aDay)).toBe(true);
    await expect(store.replace("mine", record("z".repeat(90_000), 3), 2, aDay)).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(await store.read("mine")).toEqual(record("y".repeat(10_000), 2));
    expect(await store.replace("mine", record("", 3), 2, aDay)).toBe(true);
  });

  it("counts what it has, whatever is done to it", async () => {
    const id = fc.constantFrom("a", "b", "c", "d", "e");
    const operation = fc.oneof(
      fc.record({ do: fc.constant("insert"), id, size: fc.nat(3000), holder: fc.constantFrom("subject:s", "x", "y") }),
      fc.record({ do: fc.constant("replace"), id, size: fc.nat(3000) }),
      fc.record({ do: fc.constant("remove"), id }),
      fc.record({ do: fc.constant("wait"), ms: fc.nat(100_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
        let now = 0;
        const bytesMax = 20_000;
        const store = new MemoryRecordStore({ entriesMax: 4, bytesMax, holderShare: 0.5, now: () => now });
        const model = new Map<string, { text: string; expiresAt: number }>();
        for (const one of operations as { do: string; id: string; size: number; holder: string; ms: number }[]) {
          const text = "x".repeat(one.size ?? 0);
          const expiresAt = now + 50_000;
          if (one.do === "wait") now += one.ms;
          else if (one.do === "remove") {
            await store.remove(one.id);
            model.delete(one.id);
          } else {
            const before = await store.read(one.id);
            const done =
              one.do === "insert"
                ? store.insert(one.id, record(text), expiresAt, one.holder)
                : store.replace(one.id, record(text), 1, expiresAt);
            if (await done.catch(() => false)) {
              expect(before === undefined).toBe(one.do === "insert");
              model.set(one.id, { text, expiresAt });
            }
          }
          for (const [id, { text, expiresAt }] of model) {
            if (expiresAt <= now) model.delete(id);
            else expect(await store.read(id)).toEqual(record(text));
          }
          expect(store.bytes).toBeLessThanOrEqual(bytesMax);
        }
        for (const id of ["a", "b", "c", "d", "e"]) await store.remove(id);
        expect([store.size, store.bytes]).toEqual([0, 0]);
      }),
    );
  });
});
