import { toNextHandlers } from "@agentgate/site/next";
import { agent } from "../../../../lib/agent";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = toNextHandlers(agent, {
  basePath: process.env.BASE_PATH,
});
