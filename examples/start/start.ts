// The gateway on its embedded database, with the example agents registered.
import {
  ConfigError,
  developmentEnvironment,
  readConfig,
  StartError,
  startServer,
  untilTold,
  version,
} from "@agentgate/gateway";
import { banner } from "./banner.ts";
import { startExampleAgent } from "./example-agent.ts";

const EXAMPLES = ["echo-agent", "calc-agent", "chain-agent"];

async function main(): Promise<void> {
  // Whoever has started it may not listen any more: it stops in order all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  // What goes as it should needs no line between those that say what to do.
  const config = readConfig({ AGENTGATE_LOG_LEVEL: "warn", ...developmentEnvironment, ...process.env });
  const startedAt = performance.now();
  const server = await startServer(config);
  const startedInMs = performance.now() - startedAt;

  const agents = await Promise.all(EXAMPLES.map((directory) => startExampleAgent(directory, server.url)));
  const registered = await Promise.all(agents.map(({ registration }) => server.gateway.ensureAgent(registration)));
  const told = untilTold();
  console.log(
    banner({
      version,
      url: server.url,
      data: config.databaseUrl ? "PostgreSQL, as DATABASE_URL says" : `${config.dataDirectory} (embedded SQLite)`,
      startedInMs,
      mintedAdminKey: server.gateway.mintedAdminKey,
      signInLink: await server.gateway.signInLink(),
      adminKeyConfigured: config.apiKey !== undefined,
      agents: registered,
    }),
  );
  await told;
  console.log("\nStopping: calls under way may finish (Ctrl-C again to cut them off)…");
  await server.stop();
  await Promise.all(agents.map((agent) => agent.stop()));
  console.log("Stopped.");
  process.exit(0);
}

main().catch((error) => {
  console.error(error instanceof ConfigError || error instanceof StartError ? error.message : error);
  process.exit(1);
});
