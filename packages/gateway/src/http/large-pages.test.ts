import { setImmediate as nextTurn } from "node:timers/promises";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { networkOf } from "../runtime/index.ts";
import { numeric, type Principal, route } from "./index.ts";
import { LargePages } from "./large-pages.ts";
import { mountRoute } from "./routes.ts";

/** A list whose pages are made when they are told to be; which are under way, by the names in their addresses. */
function stand() {
  const app = fastify();
  const underWay = new Map<string, (fails?: Error) => void>();
  const definition = route({
    method: "GET",
    path: "/things/",
    action: {
      name: "things:read",
      access: "public",
      administers: false,
      admit: () => undefined as unknown as Principal,
    },
    ...{ operationId: "listThings", tag: { name: "Things", description: "d" }, summary: "s", description: "d" },
    query: z.object({ limit: numeric(z.int()).default(100), name: z.string() }),
    responses: { 200: { description: "Things" } },
    handler: ({ query: { name } }) =>
      new Promise((resolve, reject) => {
        underWay.set(name, (fails) => {
          underWay.delete(name);
          if (fails) reject(fails);
          else resolve({ name });
        });
      }),
  });
  mountRoute(app, definition, { authenticate: () => undefined }, new LargePages(networkOf));
  onTestFinished(() => app.close());
  const ask = async (name: string, limit: number | undefined, remoteAddress: string) => {
    const url = `/things/?name=${name}${limit === undefined ? "" : `&limit=${limit}`}`;
    return (await app.inject({ url, remoteAddress })).statusCode;
  };
  const areUnderWay = (...names: string[]) => expect.poll(() => [...underWay.keys()].sort()).toEqual(names);
  return { ask, areUnderWay, underWay };
}

test("large pages of one network are made one after the other; small ones, and others', at once", async () => {
  const { ask, areUnderWay, underWay } = stand();
  const first = ask("first", 101, "192.0.2.1");
  await areUnderWay("first");
  const second = ask("second", 1_000, "::ffff:192.0.2.1");
  const third = ask("third", 1_000, "192.0.2.1");
  const small = [ask("small", 100, "192.0.2.1"), ask("unsaid", undefined, "192.0.2.1")];
  const other = ask("other", 1_000, "192.0.2.2");
  await areUnderWay("first", "other", "small", "unsaid");
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect([...underWay.keys()].sort()).toEqual(["first", "other", "small", "unsaid"]);
  underWay.get("first")!();
  await areUnderWay("other", "second", "small", "unsaid");
  expect(await first).toBe(200);
  // One that cannot be made holds nobody up.
  underWay.get("second")!(new Error("no page"));
  await areUnderWay("other", "small", "third", "unsaid");
  expect(await second).toBe(500);
  for (const end of [...underWay.values()]) end();
  expect(await Promise.all([third, other, ...small])).toEqual([200, 200, 200, 200]);
});
