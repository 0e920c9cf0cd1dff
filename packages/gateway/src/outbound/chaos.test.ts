import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SeededRandom } from "../runtime/index.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, type Script, startRawServer } from "./testing/raw-server.ts";

const scripts: Script[] = [
  (socket) => socket.write(answer("ok")),
  (socket) => socket.write(answer("ok")),
  (socket) => socket.end(answer("ok")),
  (socket) => socket.write(answer("ok", "connection: close\r\n")),
  (socket) => socket.write(answer("ok"), () => socket.destroy()),
  (socket) => socket.write(answer("ok") + answer("unasked")),
  (socket) => setTimeout(() => socket.write(answer("ok")), 20),
  (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
  (socket) => socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n"),
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.write("garbage"),
  () => {},
];

test.each([1, 2, 3])(
  "whatever servers and callers do, every call ends once and no POST runs twice (seed %i)",
  async (seed) => {
    const random = new SeededRandom(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random.fraction() * of.length)]!;
    await using server = await startRawServer((...given) => pick(scripts)(...given));
    await using dialer = openDialer({ limits: { callsPerOrigin: 8, waitingPerOrigin: 40 } });

    const run = async (id: number): Promise<string> => {
      await sleep(random.fraction() * 300);
      const request = {
        url: `${server.url}${id}`,
        method: "POST",
        body: "{}",
        timeoutMs: 50 + random.fraction() * 200,
        maxResponseBytes: 1_000,
      } as const;
      const streaming = random.fraction() < 0.3;
      const call = streaming ? dialer.open(request) : dialer.send(request);
      if (random.fraction() < 0.3) setTimeout(() => call.abort(), random.fraction() * 60);
      return kindOf(
        (async () => {
          const { body } = await call.response;
          if (!(body instanceof Buffer)) for await (const _ of body);
        })(),
      );
    };
    const outcomes = await Promise.all(Array.from({ length: 300 }, (_, id) => run(id)));

    const allowed = ["fulfilled", "aborted", "timeout", "reset", "protocol", "busy"];
    expect(outcomes.filter((outcome) => !allowed.includes(outcome))).toEqual([]);
    const ids = server.requests.map((request) => request.split(" ")[1]);
    expect(ids).toHaveLength(new Set(ids).size);
    await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, streams: 0, waiting: 0, connecting: 0 });
  },
);
