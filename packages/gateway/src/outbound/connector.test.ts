import { expect, test } from "vitest";
import { silentLog } from "../runtime/index.ts";
import { createAddressRule } from "./address-policy.ts";
import { ConnectBreaker } from "./connect-breaker.ts";
import { createConnector } from "./connector.ts";
import { HostedPlaces } from "./hosted.ts";
import { startRawServer } from "./testing/raw-server.ts";
import { WireMeter } from "./wire-meter.ts";

test.each([
  ["127.0.0.1", false],
  ["::1", false],
  ["::ffff:7f00:1", false],
  ["169.254.169.254", true],
])("%s is not connected to, whoever asks; private networks allowed: %s", async (hostname, allowPrivateNetworks) => {
  await using server = await startRawServer(() => {});
  const count = { connecting: 0, open: 0 };
  const connect = createConnector(
    {
      rule: createAddressRule({ allowPrivateNetworks }),
      log: silentLog,
      resolve: async () => [],
      connectTimeoutMs: 1_000,
      hosted: new HostedPlaces(),
      wire: new WireMeter(),
      sockets: { used: 0, max: 10, free: () => false },
    },
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
