import { serveExampleAgent } from "./serve.ts";

/** `npm run example:a2a-agent`: an A2A agent on PORT (default 8200). */
const port = Number(process.env.PORT || 8200);
const agent = await serveExampleAgent({ port }).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== "EADDRINUSE") throw error;
  console.error(`Port ${port} is taken. Choose another: PORT=8201 npm run example:a2a-agent`);
  process.exit(1);
});
console.log(`The A2A example agent listens on ${agent.url}`);
console.log(`Its card: ${agent.url}/.well-known/agent-card.json`);
const stop = () => void agent.close().then(() => process.exit(0));
process.on("SIGTERM", stop).on("SIGINT", stop);
