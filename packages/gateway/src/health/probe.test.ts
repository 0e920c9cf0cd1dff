import { expect, test } from "vitest";
import { type Dialer, OutboundError } from "../outbound/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { probe } from "./probe.ts";

/** Looks at an agent that takes its time and then does what it is told. */
async function look(hangs: number, takesMs: number, outcome: number | OutboundError) {
  const clock = new ManualClock();
  let given = 0;
  const dialer = {
    send({ timeoutMs }: { timeoutMs: number }) {
      given = timeoutMs;
      clock.advance(Math.min(takesMs, timeoutMs));
      const late = takesMs > timeoutMs && new OutboundError("timeout", "timed out");
      const failure = late || (typeof outcome === "number" ? undefined : outcome);
      return { response: failure ? Promise.reject(failure) : Promise.resolve({ status: outcome }) };
    },
  } as unknown as Dialer;
  const target = {
    id: "a",
    url: "http://a/x/",
    orgId: null,
    cardUrl: undefined,
    isServer: false,
    isGuarded: false,
    hangs,
    restsUntil: 0,
  };
  const result = await probe(target, {
    credentialsOf: () => ({}),
    askServer: async () => undefined,
    dialer,
    clock,
    intervalMs: 60_000,
  });
  return { result, given, restsMs: result && result.restsUntil > 0 ? result.restsUntil - clock.now() : 0 };
}

test("an agent that hangs has less and less of our time, up to a bound, and says so", async () => {
  const rests: number[] = [];
  const times: number[] = [];
  for (let hangs = 0; hangs < 9; hangs++) {
    const { result, given, restsMs } = await look(hangs, 60_000, 200);
    expect(result).toMatchObject({ status: "unhealthy", hangs: hangs + 1, latencyMs: null });
    expect(result!.error).toBe(`timed out; it is looked at again after ${restsMs / 1000} s, for it hangs`);
    times.push(given);
    rests.push(restsMs / 60_000);
  }
  expect(times).toEqual([10_000, 2_000, 2_000, 2_000, 10_000, 2_000, 2_000, 2_000, 10_000]);
  expect(rests).toEqual([2, 4, 8, 16, 16, 16, 16, 16, 16]);
});

test("one that answers, however slowly, is well and in time again", async () => {
  expect((await look(4, 9_000, 200)).result).toMatchObject({
    status: "healthy",
    hangs: 0,
    latencyMs: 9_000,
    error: null,
  });
});

test("one that fails at once is looked at as often as any", async () => {
  for (const outcome of [503, new OutboundError("connect", "the connection was refused")]) {
    const { result } = await look(3, 5, outcome);
    expect(result).toMatchObject({ status: "unhealthy", hangs: 0, restsUntil: 0 });
  }
});

test("that the gateway is busy says nothing of an agent", async () => {
  expect((await look(0, 5, new OutboundError("busy", "busy"))).result).toBeUndefined();
});
