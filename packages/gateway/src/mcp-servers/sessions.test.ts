import { expect, test } from "vitest";
import { openDialer } from "../outbound/testing/open-dialer.ts";
import { ManualClock, systemClock, systemRandom } from "../runtime/index.ts";
import { ServerCalls } from "./server-call.ts";
import { Sessions } from "./sessions.ts";
import { placeOf } from "./testing/open-servers.ts";
import { startSdkServer, type TestTool, textOf } from "./testing/sdk-server.ts";

/** Counts for each session by itself. */
function counter(): TestTool {
  const counts = new Map<string, number>();
  return {
    name: "count",
    inputSchema: { type: "object" },
    run(_, __, { sessionId }) {
      const count = (counts.get(sessionId!) ?? 0) + 1;
      counts.set(sessionId!, count);
      return textOf(`${count}`);
    },
  };
}

async function stand(bounds?: { total: number; perOwner: number }) {
  const server = await startSdkServer([counter()], "sessions");
  const dialer = openDialer();
  const clock = new ManualClock();
  const calls = new ServerCalls({ dialer, clock, random: systemRandom, client: { name: "agentgate", version: "0" } });
  const sessions = new Sessions({ calls, clock, ...(bounds && { bounds }) });
  const count = async (caller: string, owner = "tests") => {
    const place = { ...placeOf(server.url), owner };
    const { result } = await sessions.use({ agentId: "a", caller }, place, ({ session, speech }) =>
      calls.ask({
        place,
        speech,
        session,
        method: "tools/call",
        params: { name: "count", arguments: {} },
        timeoutMs: 5_000,
        responseBytesMax: 10_000,
      }),
    ).response;
    return Number((result.content as { text: string }[])[0]!.text);
  };
  return {
    ...{ server, sessions, clock, count },
    async [Symbol.asyncDispose]() {
      const closing = sessions.close();
      clock.advance(3_000);
      await closing;
      await dialer.close(0);
      await server.close();
    },
  };
}

test("each caller has a session of its own, and comes across nobody else's", async () => {
  await using at = await stand();
  expect([await at.count("ann"), await at.count("bob"), await at.count("ann"), await at.count("ann")]).toEqual([
    1, 1, 2, 3,
  ]);
  expect(at.server.sessions()).toBe(2);
});

test("callers who come together begin one session each", async () => {
  await using at = await stand();
  await Promise.all(Array.from({ length: 10 }, (_, index) => at.count(index % 2 ? "ann" : "bob")));
  expect(at.server.sessions()).toBe(2);
});

test("a session that nobody used for five minutes is ended, at the server too", async () => {
  await using at = await stand();
  await at.count("ann");
  at.clock.advance(299_000);
  await systemTurn();
  expect(at.server.sessions()).toBe(1);
  at.clock.advance(20_000);
  await expect.poll(() => at.server.sessions()).toBe(0);
  expect(await at.count("ann")).toBe(1);
});

test("the session unused longest makes room, of the owner's own where it has its share", async () => {
  await using at = await stand({ total: 3, perOwner: 2 });
  await at.count("ann");
  await at.count("bob");
  await at.count("other", "somebody");
  await at.count("eve");
  await expect.poll(() => at.server.sessions()).toBe(3);
  expect(at.sessions.size).toBe(3);
  expect(await at.count("other", "somebody")).toBe(2);
  expect(await at.count("bob")).toBe(2);
});

test("a server that knows the session no more is initialized once, and asked again", async () => {
  await using at = await stand();
  await at.count("ann");
  const [session] = at.server.requests.flatMap(({ headers }) => headers["mcp-session-id"] ?? []) as string[];
  await fetch(at.server.url, {
    method: "DELETE",
    headers: { "mcp-session-id": session!, "mcp-protocol-version": "2025-11-25" },
  });
  expect(at.server.sessions()).toBe(0);
  const before = at.server.requests.length;
  expect(await at.count("ann")).toBe(1);
  const methods = at.server.requests.slice(before).map(({ body }) => JSON.parse(body).method);
  expect(methods).toEqual(["tools/call", "initialize", "notifications/initialized", "tools/call"]);
});

const systemTurn = () => new Promise<void>((resolve) => void systemClock.after(20, resolve));
