import { serveAgent } from "../shared/serve-agent.ts";

serveAgent("echo-agent", (text) => `Echo: ${text}`);
