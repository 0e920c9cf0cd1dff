import { toNextHandlers } from "@agentgate/site/next";
import { agent } from "../../../../lib/agent";

export const { GET, HEAD, POST, OPTIONS } = toNextHandlers(agent);
