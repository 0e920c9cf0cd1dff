import { openDialer } from "../../outbound/testing/open-dialer.ts";
import { type Clock, systemClock, systemRandom } from "../../runtime/index.ts";
import { type McpServers, openMcpServers } from "../index.ts";

/** The client's side, over a dialer that reaches loopback. */
export function openServers(clock: Clock = systemClock): McpServers & AsyncDisposable {
  const dialer = openDialer();
  const servers = openMcpServers({ dialer, clock, random: systemRandom, gauge: () => {}, version: "0" });
  return Object.assign(servers, {
    async [Symbol.asyncDispose]() {
      await servers.close();
      await dialer.close(0);
    },
  });
}

export const placeOf = (url: string, credentials: Record<string, string> = {}) => ({
  url,
  owner: "tests",
  credentials,
});
