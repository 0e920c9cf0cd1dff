import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { createDatabase, type Location, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode, startAgent, textTask } from "../testing/index.ts";
import { Listening } from "./testing/listen.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
const PATIENCE_MS = 90_000;
const CUTS = 2;

/** Ids of all calls, in the order of their commits, as the database itself has them. */
async function committedIn({ databaseUrl, dataDirectory }: Location): Promise<string[]> {
  if (databaseUrl === undefined) {
    const database = new DatabaseSync(`${dataDirectory}/agentgate.db`, { readOnly: true });
    const rows = database.prepare("select id from call_log order by rowid").all();
    database.close();
    return rows.map(({ id }) => id as string);
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query("select id from call_log order by commit_order, created_at, id");
  await client.end();
  return rows.map(({ id }: { id: string }) => id);
}

describe.each(testEngines())("listeners of which one's node is killed and one's connection is cut, on %s", (engine) => {
  test("hear each call of every node once, in the order of commits", { timeout: 600_000 }, async () => {
    const database = await createDatabase(engine);
    cleanups.push(() => database.remove());
    const { databaseUrl, dataDirectory } = database.location;
    const serve = async () => {
      const node = await serveNode({
        ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
        AGENTGATE_DATA_DIR: dataDirectory,
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_SECRET_KEY: "0123456789abcdef0123",
        AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        AGENTGATE_RATE_LIMIT: "1000000",
        AGENTGATE_RATE_BURST: "1000000",
      });
      cleanups.push(() => node.child.kill("SIGKILL"));
      return node;
    };
    const agent = await startAgent();
    cleanups.push(() => agent.close());
    const doomed = await serve();
    // A file is one node's: the other comes when the first one is gone.
    let other = engine === "postgres" ? await serve() : undefined;
    const nodes = () => [doomed, other ?? doomed] as const;
    const registered = await fetch(`${doomed.url}/agents/`, {
      ...{ method: "POST", headers, body: JSON.stringify({ name: "echo", url: agent.url }) },
    });
    const { id } = (await registered.json()) as { id: string };

    let isOver = false;
    const answered = new Map<ServedNode, string[]>();
    const answeredBy = (node: ServedNode) => answered.get(node) ?? [];
    const callOnce = async (node: ServedNode, body: string) => {
      const response = await fetch(`${node.url}/agents/${id}/task`, { method: "POST", headers, body });
      await response.text();
      // Of a call without a trace of its caller's, this is the call's id.
      answered.set(node, [...answeredBy(node), response.headers.get("x-trace-id")!]);
    };
    /** Calls one after the other; those to a node that is gone fail. */
    const callOn = async (nodeOf: () => ServedNode) => {
      for (let n = 0; !isOver; n++) {
        await callOnce(nodeOf(), JSON.stringify(textTask(`${n}`))).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const callers = [0, 0, 1, 1].map((at) => callOn(() => nodes()[at]!));
    const over = async () => {
      isOver = true;
      await Promise.all(callers);
    };
    cleanups.push(over);
    const hearsMore = (one: Listening, calls: number) => {
      const wanted = one.calls.length + calls;
      return one.until(() => one.calls.length >= wanted, PATIENCE_MS);
    };
    const query = "topics=logs";

    const before = await Listening.begin(doomed, ADMIN_KEY, { query });
    const parts = [await Listening.begin(nodes()[1], ADMIN_KEY, { query })];
    for (let cut = 0; cut < CUTS; cut++) {
      await hearsMore(parts.at(-1)!, 10);
      await parts.at(-1)!.cut();
      // Meanwhile it misses some; then it goes on, at another node where there is one.
      await hearsMore(before, 5);
      const { lastId } = parts.at(-1)!;
      parts.push(await Listening.begin(nodes()[cut % 2]!, ADMIN_KEY, { query, lastId }));
    }
    await hearsMore(parts.at(-1)!, 10);
    await parts.at(-1)!.cut();

    const answeredBefore = [...answeredBy(doomed)];
    await (await fetch(`${doomed.url}/logs?limit=1`, { headers })).text();
    doomed.child.kill("SIGKILL");
    await before.until(() => before.isOver, PATIENCE_MS);
    other ??= await serve();
    const survivor = other;
    // Somebody who reconnects has missed some by then.
    const enough = answeredBy(survivor).length + 10;
    await expect.poll(() => answeredBy(survivor).length).toBeGreaterThan(enough);
    const after = await Listening.begin(survivor, ADMIN_KEY, { query, lastId: before.lastId });
    parts.push(await Listening.begin(survivor, ADMIN_KEY, { query, lastId: parts.at(-1)!.lastId }));
    await hearsMore(after, 20);
    await over();
    // Whoever asks for the log has the node write what it has not written yet.
    await (await fetch(`${survivor.url}/logs?limit=1`, { headers })).text();

    const committed = await committedIn(database.location);
    // What was answered is there, once: of the node that is gone all but its last moment, which it had not written yet.
    const calls = committed.map((row) => row.replaceAll("-", ""));
    expect(new Set(calls).size).toBe(calls.length);
    for (const call of [...answeredBefore, ...answeredBy(survivor)]) expect(calls).toContain(call);
    const usage = await fetch(`${survivor.url}/agents/${id}/usage`, { headers });
    expect(await usage.json()).toMatchObject({ total_invocations: calls.length });
    for (const one of [[before, after], parts]) {
      const heard = () => one.flatMap((part) => part.calls);
      const first = committed.indexOf(heard()[0]!);
      await one.at(-1)!.until(() => heard().length >= committed.length - first, PATIENCE_MS);
      expect(heard()).toEqual(committed.slice(first));
      expect(one.flatMap((part) => part.of("gap"))).toEqual([]);
      await one.at(-1)!.cut();
    }
  });
});
