import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createHttpServer, Exports, Problem } from "./index.ts";

const LINE = `${"x".repeat(65_535)}\n`;
const PATIENCE_MS = 300;

let app: FastifyInstance;
let port: number;
let isOver: AbortSignal[];
let linesRead: number;
let endKeys: ((why: Error) => void)[];

/** Lists without an end, for whoever `?owner=` says. */
beforeEach(async () => {
  [isOver, linesRead, endKeys] = [[], 0, []];
  const exports = new Exports(PATIENCE_MS);
  app = createHttpServer({
    ...{ log: silentLog, clock: systemClock, random: systemRandom, publicUrl: "https://gate.test" },
    ...{ corsOrigins: [], trustedProxies: [], bodyBytesMax: 64_000 },
  });
  app.get<{ Querystring: { owner: string } }>("/list", (incoming, reply) =>
    exports.write({
      ...{ owner: incoming.query.owner, reply, contentType: "text/csv", filename: "list.csv" },
      async *lines(over) {
        isOver.push(over);
        for (; !over.aborted; linesRead++) yield LINE;
      },
      watch(onEnded) {
        endKeys.push(onEnded);
        return () => void endKeys.splice(endKeys.indexOf(onEnded), 1);
      },
    }),
  );
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as { port: number }).port;
});
afterEach(() => app.close());

/** What a reader is sent, who takes none of it yet, and what it comes to. */
interface Answer {
  message: IncomingMessage;
  end: Promise<string>;
}

const ask = (owner: string, method = "GET"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: `/list?owner=${owner}`, method, agent: false };
    const asked = request(options, (message) => {
      const cut = once(message, "error").then(([error]) => (error as NodeJS.ErrnoException).code!);
      resolve({ message, end: Promise.race([once(message, "end").then(() => "whole"), cut]) });
    });
    asked.once("error", reject).end();
  });
const statusOf = async (owner: string): Promise<number | undefined> => {
  const { message } = await ask(owner);
  message.destroy();
  return message.statusCode;
};

test("ends with the key", async () => {
  const { message, end } = await ask("a");
  expect([message.statusCode, message.headers["content-disposition"]]).toEqual([
    200,
    'attachment; filename="list.csv"',
  ]);
  message.resume();
  endKeys[0]!(new Problem(401, "This API key is disabled"));
  expect(await end).toBe("ECONNRESET");
  await expect.poll(() => isOver[0]!.aborted).toBe(true);
  expect(endKeys).toEqual([]);
});

test("nobody keeps its place who reads nothing, and nobody has all places", async () => {
  const unread = [await ask("a"), await ask("a")];
  expect(await statusOf("a")).toBe(429);
  expect(await statusOf("b")).toBe(200);
  await expect.poll(() => isOver.every(({ aborted }) => aborted)).toBe(true);
  for (const { message, end } of unread) {
    message.resume();
    expect(await end).toBe("ECONNRESET");
  }
  expect(await statusOf("a")).toBe(200);
});

test("reads nothing for whoever asks for its head alone", async () => {
  for (let n = 0; n < 4; n++) {
    const { message, end } = await ask("a", "HEAD");
    message.resume();
    expect([message.statusCode, await end]).toEqual([200, "whole"]);
  }
  expect(linesRead).toBe(0);
});
