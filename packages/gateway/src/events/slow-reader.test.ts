import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { CallLogStore } from "../call-log/index.ts";
import { callEntry } from "../call-log/testing/index.ts";
import { silentLog, systemClock } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway } from "../testing/index.ts";
import { testWebhooks } from "../webhooks/testing/index.ts";
import { Listening } from "./testing/listen.ts";

/** More than the buffers of both ends' systems and what may wait for a reader, together. */
const CALLS = 4_000;
const TEXT = "x".repeat(4_000);
const idOf = (n: number) => `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.each(testEngines())("a reader of events who does not read, on %s", (engine) => {
  test("hears all once he reads again, in its order, as who reads beside him does at once", async () => {
    const gate = await startTestGateway(engine);
    cleanups.push(() => gate.close());
    const { dataDirectory, databaseUrl } = gate.config;
    const storage = await openStorage({ dataDirectory, databaseUrl, clock: systemClock, log: silentLog });
    cleanups.push(() => storage.close());
    const store = new CallLogStore(storage, testWebhooks(storage).announcer);
    const org = await gate.createOrg("owner");
    const write = async (from: number, count: number) => {
      for (let n = from; n < from + count; n += 500) {
        const some = Array.from({ length: Math.min(500, from + count - n) }, (_, at) =>
          callEntry({ id: idOf(n + at), orgId: org.id, taskId: TEXT, createdAt: BigInt(n + at) }),
        );
        await store.write(some);
      }
    };

    const beside = await Listening.begin(gate, org.key);
    const socket = connect(Number(new URL(gate.url).port), "127.0.0.1");
    cleanups.push(() => socket.destroy());
    let text = "";
    socket.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    await once(socket, "connect");
    socket.write(`GET /events HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${org.key}\r\n\r\n`);
    await expect.poll(() => text).toContain("event: ready");
    socket.pause();
    await write(0, CALLS);
    await beside.until(() => beside.calls.length >= CALLS, 90_000);
    // He was not told all of it meanwhile: what waited for him was bounded.
    expect(socket.bytesRead).toBeLessThan(CALLS * TEXT.length);
    await write(CALLS, 1);
    socket.resume();
    await expect.poll(() => text).toContain(idOf(CALLS));

    // Pieces of a chunked body are put together by leaving out what stands between them.
    const body = text.replace(/\r\n[0-9a-f]+\r\n/g, "");
    const heard = [...body.matchAll(/"id":"([0-9a-f-]{36})"/g)].map(([, id]) => id!);
    await beside.until(() => beside.calls.length > CALLS, 90_000);
    expect(heard).toEqual(beside.calls);
    expect(heard).toEqual(Array.from({ length: CALLS + 1 }, (_, n) => idOf(n)));
    expect([body.includes("event: gap"), beside.of("gap")]).toEqual([false, []]);
    await beside.cut();
  });
});
