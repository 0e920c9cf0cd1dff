import { actions, type ListedAction } from "../access/index.ts";

/** What can be listened to, and what a key has to allow for it. */
export const topicActions = {
  logs: actions.readLogs,
  stats: actions.readUsage,
  wallet: actions.readWallet,
  health: actions.inspectAgents,
  deliveries: actions.readWebhooks,
} as const satisfies Record<string, ListedAction>;

export type Topic = keyof typeof topicActions;
export const topics = Object.keys(topicActions) as Topic[];
