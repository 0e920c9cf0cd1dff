import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { networkOf, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { Problem } from "./index.ts";
import { type Faces, openHttp } from "./room.ts";

const settings = {
  ...{ host: "127.0.0.1", port: 0, publicUrl: undefined, corsOrigins: [], trustedProxies: [] },
  ...{ requestBytesMax: 1_000, anonymousRequestBytesMax: 1_000, requestBytesInFlight: 10_000, answerBytesMax: 10_000 },
  ...{ connectionsMax: 10, connectionsPerAddress: 10 },
};
const faces: Faces = {
  ...{ routes: [], docs: [], mounts: [], refuse: () => undefined, senderOf: () => undefined },
  ...{ authenticate: () => undefined, isRemembered: () => true },
  misses: { any: false, waitOf: () => 0, note() {} },
  sockets: [
    {
      pattern: /^\/socket$/,
      handler() {
        throw new Problem(422, "Not like this");
      },
      terminate() {},
    },
  ],
};

test("who goes on sending after a refused upgrade does not hold up the end", async () => {
  const base = { clock: systemClock, random: systemRandom, log: silentLog, networkOf, gauge() {} };
  const face = openHttp({ ...base, settings, version: "1", unavailability: () => undefined }).serve(faces);
  await face.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = face.app.server.address() as { port: number };
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {});
  socket.write("GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await once(socket.resume(), "end");
  const sending = setInterval(() => socket.write("more"), 100);
  const startedAt = performance.now();
  await face.close(200).finally(() => clearInterval(sending));
  // Without a bound of its own it would go on for as long as who sends.
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  socket.destroy();
});
