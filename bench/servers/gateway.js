// The gateway as it is served, configured by its environment. JavaScript, so that the built package runs without a compiler for types.
import { readConfig, startServer } from "@agentgate/gateway";

const server = await startServer(readConfig(process.env));
console.log(new URL(server.url).port);
process.on("SIGTERM", () => server.stop().then(() => process.exit()));
