import type { TaskEntry } from "@agentgate/client";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { gatewayNow } from "../../app/gateway-clock.ts";
import type { PlainSearch } from "../../app/plain-search.ts";

const PAGE = 100;
const CALLS_SHOWN = 50;

/** As the protocol names states, in the order in which tasks come by them. */
export const states = [
  "TASK_STATE_SUBMITTED",
  "TASK_STATE_WORKING",
  "TASK_STATE_INPUT_REQUIRED",
  "TASK_STATE_AUTH_REQUIRED",
  "TASK_STATE_COMPLETED",
  "TASK_STATE_FAILED",
  "TASK_STATE_CANCELED",
  "TASK_STATE_REJECTED",
] as const;

export type Role = "owner" | "payer";

export const roleIn = ({ role }: PlainSearch): Role => (role === "payer" ? "payer" : "owner");

/** What the address asks for. */
export const tasksQuery = (search: PlainSearch) => {
  const { agent_id, context_id, state, org } = search;
  const asked = {
    role: roleIn(search),
    orgId: org,
    ...(agent_id && { agentIds: [agent_id] }),
    ...(context_id && { contextId: context_id }),
    ...(state && { states: [state] }),
  };
  return infiniteQueryOptions({
    queryKey: ["tasks", asked],
    queryFn: ({ pageParam, signal }) => gateway.listTasks({ ...asked, before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
};

/** One task, by the agent's id and its own; null for one that is not there, or not to this caller. */
export const taskQuery = (agentId: string, taskId: string, role: Role, orgId: string | undefined) =>
  queryOptions({
    queryKey: ["tasks", "one", agentId, taskId, role, orgId],
    queryFn: async ({ signal }) => {
      const { entries } = await gateway.listTasks({ role, orgId, agentIds: [agentId], taskId, signal });
      return entries[0] ?? null;
    },
  });

/** The calls about a task, oldest first: its events as the gateway saw them. */
export const callsQuery = ({ agent_id, task_id, status_at }: TaskEntry, role: Role, orgId: string | undefined) =>
  queryOptions({
    queryKey: ["tasks", "calls", agent_id, task_id, role, orgId],
    queryFn: async ({ signal }) => {
      const around = Date.parse(status_at);
      const { entries } = await gateway.logs.list({
        ...{ role, orgId, agentIds: [agent_id], taskId: task_id, limit: CALLS_SHOWN, signal },
        ...{ from: new Date(around - WEEK_MS), to: new Date(Math.max(around + WEEK_MS, gatewayNow())) },
      });
      return entries.toReversed();
    },
  });

const WEEK_MS = 7 * 86_400_000;

/** Tasks of one context stand together, where its newest stands. */
export interface ContextGroup {
  key: string;
  agentId: string;
  agentName: string | null;
  contextId: string | null;
  tasks: TaskEntry[];
}

/** In the order in which they come; what has no context stands by itself. */
export function byContext(entries: readonly TaskEntry[]): ContextGroup[] {
  const groups = new Map<string, ContextGroup>();
  for (const entry of entries) {
    const { agent_id, agent_name, context_id, task_id } = entry;
    const key = context_id === null ? `${agent_id} task ${task_id}` : `${agent_id} ${context_id}`;
    const group = groups.get(key);
    if (group) group.tasks.push(entry);
    else groups.set(key, { key, agentId: agent_id, agentName: agent_name, contextId: context_id, tasks: [entry] });
  }
  return [...groups.values()];
}
