// A gateway with the settings of its environment; prints where it listens and drains on SIGTERM.
import { readConfig } from "../config.ts";
import { startServer } from "../server.ts";

const server = await startServer(readConfig(process.env));
console.log(server.url);
process.on("SIGTERM", () => void server.stop().then(() => process.exit(0)));
