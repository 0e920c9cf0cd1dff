// A gateway with the settings of its environment; prints where it listens and drains on SIGTERM.
import { flushCompileCache } from "node:module";
import { readConfig } from "../config/index.ts";
import { startServer } from "../server.ts";

const server = await startServer(readConfig(process.env));
console.log(server.url);
// Some of them are killed, and would keep nothing for the next.
flushCompileCache();
process.on("SIGTERM", () => void server.stop().then(() => process.exit(0)));
