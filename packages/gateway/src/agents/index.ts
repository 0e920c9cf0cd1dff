export { type Agent, owns, toWireAgent } from "./agent.ts";
export { discoveryRoutes } from "./discovery.ts";
export { agentCreation, agentUpdate, wireAgent } from "./fields.ts";
export { AgentRegistry, type CheckUrl } from "./registry.ts";
export { Reviews } from "./reviews.ts";
export { agentRoutes } from "./routes.ts";
export { AgentSearch } from "./search.ts";
