/** `npm run example:foodpanda`: the site and the agent in one go. With FOODPANDA_URL the agent goes to a site that runs already. */
import { AgentGateError } from "@agentgate/client";
import { orderDinner } from "./agent.ts";
import { serveFoodpanda } from "./serve.ts";
import { demoKey } from "./site.ts";

const running = process.env.FOODPANDA_URL;
const site = running ? undefined : await serveFoodpanda(0);
try {
  await orderDinner(running ?? site!.url, demoKey, console.log);
} catch (error) {
  if (!AgentGateError.isInstance(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
} finally {
  await site?.close();
}
