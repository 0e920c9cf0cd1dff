/** The change feed's topic for endpoints; its keys are their ids, and whose they are (`org:…`, `agent:…`). */
export const WEBHOOKS_TOPIC = "webhooks";

export const orgKey = (orgId: string): string => `org:${orgId}`;
export const agentKey = (agentId: string): string => `agent:${agentId}`;
