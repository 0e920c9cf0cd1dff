// npm start. What Node compiles is kept beside the packages, so that the next start is quicker.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/agentgate", import.meta.url)));
await import("./start.ts");
