import { serveExampleAgent } from "./serve.ts";

const agent = await serveExampleAgent({ port: Number(process.env.PORT ?? 8200) });
console.log(`The A2A example agent listens on ${agent.url}`);
console.log(`Its card: ${agent.url}/.well-known/agent-card.json`);
const stop = () => void agent.close().then(() => process.exit(0));
process.on("SIGTERM", stop).on("SIGINT", stop);
