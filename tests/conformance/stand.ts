import { temporaryDirectory } from "@agentgate/testing";
import { serveExampleAgent } from "../../examples/a2a-agent/serve.ts";
import { type Config, readConfig, startServer } from "../../packages/gateway/src/index.ts";

/**
 * What the conformance kits are run against: the example agent, and a gateway before it, for each version. Prints the addresses as
 * shell variables and serves until its input ends. The kit of 0.3 asks the root of the host, so there the agent is the gateway's
 * root agent; the kit of 1.0 names no version when it fetches the card and takes no member that 1.0 does not know.
 */
const closing: (() => unknown)[] = [];

async function stand(version: "1.0" | "0.3") {
  const agent = await serveExampleAgent({ versions: version === "1.0" ? ["1.0", "0.3"] : ["0.3"] });
  const directory = temporaryDirectory("conformance");
  const settings: Partial<Config> = {
    port: 0,
    dataDirectory: directory.path,
    allowPrivateNetworks: true,
    rateLimit: 1e6,
    rateBurst: 1e6,
    logLevel: "error",
  };
  const first = await startServer(readConfig({}, settings));
  const card = { name: "Agent under test", card_url: `${agent.url}/.well-known/agent-card.json` };
  const { id } = await first.gateway.ensureAgent(card);
  await first.stop();
  const more: Partial<Config> = version === "1.0" ? { cardFormat: "1.0" } : { rootAgent: id };
  const gateway = await startServer(readConfig({}, { ...settings, ...more }));
  closing.push(async () => {
    await gateway.stop();
    await agent.close();
    directory.remove();
  });
  return { direct: agent.url, through: version === "1.0" ? `${gateway.url}/agents/${id}` : gateway.url };
}

const current = await stand("1.0");
const legacy = await stand("0.3");
console.log(`DIRECT_10=${current.direct}`);
console.log(`GATEWAY_10=${current.through}`);
console.log(`DIRECT_03=${legacy.direct}`);
console.log(`GATEWAY_03=${legacy.through}`);
console.log("READY=1");

process.stdin.resume().on("end", async () => {
  for (const close of closing) await close();
  process.exit(0);
});
