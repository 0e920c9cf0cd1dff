import type { NormalizedCard } from "@agentgate/protocol/a2a";
import type { Agent } from "../../../agents/index.ts";

/** What an A2A card would say of an agent that has none: how it is asked, and that it streams. */
export const toolCard = ({ name, description, version, url }: Agent): NormalizedCard => ({
  name,
  description,
  version,
  skills: [],
  capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: [] },
  defaultInputModes: ["application/json"],
  defaultOutputModes: ["application/json", "text/plain"],
  interfaces: [{ url, version: "1.0", binding: "JSONRPC" }],
  rest: {},
});
