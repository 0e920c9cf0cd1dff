import pg from "pg";
import { afterEach, describe, expect, inject, test } from "vitest";
import { createDatabase } from "../storage/testing/index.ts";
import { ADMIN_KEY, serveNode, startAgent, textTask } from "../testing/index.ts";
import { Listening } from "./testing/listen.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(!inject("postgresUrl"))("a listener whose node is killed", () => {
  test("hears each call once, in the order of commits, from the other node", { timeout: 120_000 }, async () => {
    const database = await createDatabase("postgres");
    cleanups.push(() => database.remove());
    const { databaseUrl, dataDirectory } = database.location;
    const serve = async () => {
      const node = await serveNode({
        DATABASE_URL: databaseUrl!,
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
    const other = await serve();
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
    const post = async (url: string, path: string, body: unknown) => {
      const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
      return (await response.json()) as { id: string };
    };
    const { id } = await post(other.url, "/agents/", { name: "echo", url: agent.url });

    let isOver = false;
    const answered = new Map([doomed, other].map(({ url }) => [url, [] as string[]]));
    const callOnce = async (url: string, body: string) => {
      const response = await fetch(`${url}/agents/${id}/task`, { method: "POST", headers, body });
      await response.text();
      // Of a call without a trace of its caller's, this is the call's id.
      answered.get(url)!.push(response.headers.get("x-trace-id")!);
    };
    /** Calls one after the other; those of the node that is killed fail. */
    const callOn = async (url: string) => {
      for (let n = 0; !isOver; n++) {
        await callOnce(url, JSON.stringify(textTask(`${n}`))).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const callers = [doomed, doomed, other, other].map(({ url }) => callOn(url));
    const before = await Listening.begin(doomed, ADMIN_KEY, { query: "topics=logs" });
    await before.until(() => before.calls.length > 100);
    const answeredBefore = [...answered.get(doomed.url)!];
    await (await fetch(`${doomed.url}/logs?limit=1`, { headers })).text();
    doomed.child.kill("SIGKILL");
    await before.until(() => before.isOver);
    // Somebody who reconnects has missed some by then.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await Listening.begin(other, ADMIN_KEY, { query: "topics=logs", lastId: before.lastId });
    await after.until(() => after.calls.length > 100);
    isOver = true;
    await Promise.all(callers);
    // Whoever asks for the log has the node write what it has not written yet.
    await fetch(`${other.url}/logs?limit=1`, { headers });

    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query("select id from call_log order by commit_order, created_at, id");
    await client.end();
    const committed = rows.map((row: { id: string }) => row.id);
    // What was answered is there, once: of the node that is gone all but its last moment, which it had not written yet.
    const calls = committed.map((row) => row.replaceAll("-", ""));
    expect(new Set(calls).size).toBe(calls.length);
    for (const call of [...answeredBefore, ...answered.get(other.url)!]) expect(calls).toContain(call);
    const usage = await fetch(`${other.url}/agents/${id}/usage`, { headers });
    expect(await usage.json()).toMatchObject({ total_invocations: calls.length });
    const first = committed.indexOf(before.calls[0]!);
    const heard = () => [...before.calls, ...after.calls];
    await after.until(() => heard().length >= committed.length - first);
    expect(heard()).toEqual(committed.slice(first));
    expect(after.of("gap")).toEqual([]);
    await after.cut();
  });
});
