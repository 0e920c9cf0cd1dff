/** `npm run example:foodpanda:site`: the site alone, on PORT (default 8100). */
import { serveFoodpanda } from "./serve.ts";
import { demoKey } from "./site.ts";

const { url } = await serveFoodpanda(Number(process.env.PORT || 8100)).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== "EADDRINUSE") throw error;
  console.error(`Port ${process.env.PORT || 8100} is taken. Choose another: PORT=8101 npm run example:foodpanda:site`);
  process.exit(1);
});

console.log(`FoodPanda is open to agents at ${url} (API key: ${demoKey})

  Manifest   curl ${url}/.well-known/agent-manifest.json
  Search     curl ${url}/agent/intents/search_dishes -H 'X-Agent-Request: true' -H 'Content-Type: application/json' -d '{"query":"ramen"}'
  Agent      FOODPANDA_URL=${url} npm run example:foodpanda

Ctrl-C closes it.`);
