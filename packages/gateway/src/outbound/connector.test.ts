import { expect, test } from "vitest";
import { silentLog } from "../runtime/index.ts";
import { ConnectBreaker } from "./connect-breaker.ts";
import { createConnector } from "./connector.ts";
import { startRawServer } from "./testing/raw-server.ts";

test.each(["127.0.0.1", "::1", "::ffff:7f00:1"])("%s is not connected to, whoever asks", async (hostname) => {
  await using server = await startRawServer(() => {});
  const count = { connecting: 0, open: 0 };
  const connect = createConnector(
    { allowPrivateNetworks: false, log: silentLog, resolve: async () => [], connectTimeoutMs: 1_000 },
    count,
    new ConnectBreaker(1_000),
  );
  const error = await new Promise((resolve) =>
    connect({ hostname, protocol: "http:", port: String(server.port) }, (...[refusal]) => resolve(refusal)),
  );
  expect(error).toMatchObject({ kind: "refused_address" });
  expect(server.connections).toBe(0);
  expect(count).toEqual({ connecting: 0, open: 0 });
});
