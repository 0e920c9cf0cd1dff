/** Begins the names of AgentGate's own members in `metadata` of A2A and `_meta` of MCP, so that they meet nobody else's. */
export const META_PREFIX = "dev.agentgate/";

/** Member of a message's `metadata` that names the skill which a task is for; it costs what the skill does. */
export const SKILL_META = `${META_PREFIX}skill` as const;
