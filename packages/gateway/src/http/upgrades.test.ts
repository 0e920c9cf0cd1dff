import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createHttpServer, Problem, serveUpgrades } from "./index.ts";

const PATH = /^\/sockets\/(?<kind>[^/]+)$/;
const frame = {
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  publicUrl: "",
  corsOrigins: [],
  trustedProxies: [],
};
const app = createHttpServer({ ...frame, bodyBytesMax: 1000, socketPaths: [PATH] });
serveUpgrades(app, frame, [
  {
    pattern: PATH,
    handler(_request, _head, { params }) {
      throw params.kind === "refused" ? new Problem(422, "Not like this") : new Error("secret detail");
    },
  },
]);
beforeAll(async () => {
  await app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => app.close());

const upgrade = (path: string) =>
  new Promise<string>((resolve, reject) => {
    const { port } = app.server.address() as { port: number };
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer)).on("error", reject);
  });

test("what a handler throws is answered, and the server lives on", async () => {
  const refused = await upgrade("/sockets/refused");
  expect(refused).toMatch(/^HTTP\/1\.1 422 /);
  expect(refused).toContain('"detail":"Not like this"');
  const broken = await upgrade("/sockets/broken");
  expect(broken).toMatch(/^HTTP\/1\.1 500 /);
  expect(broken).not.toContain("secret");
  expect((await app.inject("/nowhere")).statusCode).toBe(404);
});
