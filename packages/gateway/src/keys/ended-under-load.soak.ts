import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { type Answer, echo, startAgent, type TestAgent, textTask } from "../testing/index.ts";
import { type TwoProcesses, twoProcesses } from "./testing/two-processes.ts";

const KEYS = 200;
/** Keys that end at the same time. */
const AT_ONCE = 4;
/** Callers who go on meanwhile, half of them on each node, with keys that stay. */
const CALLERS = 8;
const WITHIN_MS = 1_000;

/** P21: a changed key is changed on every node within a second, however busy these are. */
describe.each(testEngines())("keys that end on %s", (engine) => {
  let gates: TwoProcesses;
  let agent: TestAgent;
  beforeAll(async () => {
    // It forgets what it was sent: there is too much of it.
    const answer: Answer = (task, response, request) => {
      agent.received.length = 0;
      echo(task, response, request);
    };
    [gates, agent] = await Promise.all([twoProcesses(engine), startAgent(answer)]);
  });
  afterAll(async () => {
    await gates?.stop();
    await agent?.close();
  });

  test(`${KEYS} of ${KEYS} that one process revokes, shrinks or ends are refused by the other within a second, under load`, async () => {
    const {
      call,
      nodes: [here, there],
    } = gates;
    const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
    // One that nobody calls without a key that counts: to others, a key that means nothing is none.
    const priced = { name: "priced", url: agent.url, price_per_task: 0.001 };
    const agentId = (await call(here, "POST", "/agents/", priced)).body.id;
    const org = (await call(here, "POST", "/orgs/", { name: "Acme", ...unlimited })).body;
    await call(here, "POST", `/orgs/${org.id}/topup`, { amount: 1_000_000 });
    const send = (node: typeof here, key: string) =>
      call(node, "POST", `/agents/${agentId}/task`, textTask("x"), key).then(({ status }) => status);

    let over = false;
    let others = 0;
    const callers = Array.from({ length: CALLERS }, async (_, at) => {
      while (!over) {
        expect(await send(at % 2 ? here : there, org.api_key)).toBe(200);
        others++;
      }
    });

    const ends: Record<string, (path: string) => Promise<{ status: number }>> = {
      revoked: (path) => call(here, "DELETE", path),
      shrunk: (path) => call(here, "PATCH", path, { scopes: ["wallet:read"] }),
      disabled: (path) => call(here, "POST", `${path}/disable`),
      expired: (path) => call(here, "PATCH", path, { expires_in: 1 }),
    };
    const kinds = Object.keys(ends);
    const took: { kind: string; ms: number }[] = [];
    const one = async (at: number) => {
      const made = (await call(here, "POST", `/orgs/${org.id}/keys`, { name: `${at}`, scopes: ["tasks:call"] })).body;
      await expect.poll(() => send(there, made.key)).toBe(200);
      const kind = kinds[at % kinds.length]!;
      const changed = await ends[kind]!(`/orgs/${org.id}/keys/${made.id}`);
      expect(changed.status).toBeLessThan(300);
      // What ends by its time is counted from its end, of which the change told a second before.
      const from = performance.now() + (kind === "expired" ? 1_000 : 0);
      // The last that was let in came so late: how long it was under way then is no matter of the key's.
      let lastLet = from;
      for (let sentAt = from; (await send(there, made.key)) === 200; sentAt = performance.now()) lastLet = sentAt;
      took.push({ kind, ms: Math.round(lastLet - from) });
    };
    const startedAt = performance.now();
    const left = Array.from({ length: KEYS }, (_, at) => at);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let at = left.shift(); at !== undefined; at = left.shift()) await one(at);
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    over = true;
    await Promise.all(callers);
    const perSecond = Math.round(others / seconds);
    console.log(`${engine}: ${took.length} keys, beside ${perSecond} paid calls a second`);
    console.table(
      kinds.map((kind) => {
        const each = took.filter((one) => one.kind === kind).map(({ ms }) => ms);
        each.sort((a, b) => a - b);
        return { kind, keys: each.length, median: each[each.length >> 1], slowest: each.at(-1) };
      }),
    );
    expect(took.filter(({ ms }) => ms > WITHIN_MS)).toEqual([]);
  });
});
