import { type TaskState, taskStates } from "@agentgate/protocol/a2a";
import { z } from "zod";
import { actions, demandOwn, limitsOf, may, organization, orgOf, orgScope, scopeOf } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import {
  afterParameter,
  numeric,
  type Principal,
  Problem,
  type RouteDefinition,
  route,
  text,
  uuid,
} from "../http/index.ts";
import { a2aTag as tag } from "./documented.ts";
import { PLACE, placeIn, placeText, type TaskList, type TaskRow, type TaskView } from "./task-list.ts";

export interface TaskRoutesOptions {
  agents: AgentRegistry;
  tasks: TaskList;
  /** Whose tasks `GET /tasks` tells of, by the protocol; undefined where no agent stands at the root of the host. */
  rootAgentId: string | undefined;
}

const AGENTS_MAX = 50;
const ID_MAX = 255;

const listOf = <S extends z.ZodType>(item: S, max: number) =>
  z.preprocess(
    (given) => (typeof given === "string" ? given.split(",").filter(Boolean) : given),
    z.array(item).max(max),
  );

const query = z.object({
  role: z
    .enum(["owner", "payer"])
    .default("owner")
    .describe("`owner`: tasks at the organization's agents; `payer`: tasks that are its own, at whomever's agents"),
  org_id: uuid()
    .optional()
    .describe("For the admin: one organization; without it, agents that belong to none, or tasks of the admin's own"),
  agent_id: listOf(uuid(), AGENTS_MAX).optional().describe("At any of these: several times, or with commas"),
  context_id: text().max(ID_MAX).optional(),
  task_id: text().max(ID_MAX).optional().describe("With one `agent_id`, the task that it calls so"),
  state: listOf(z.enum(taskStates), taskStates.length)
    .optional()
    .describe("In any of these states, as they were last seen"),
  limit: numeric(z.int().min(1).max(200)).default(50),
  before: afterParameter(PLACE).describe("`next` of the page before"),
});

const wireEntry = z
  .object({
    agent_id: z.uuid(),
    agent_name: z.string().nullable().describe("Null for an agent that is gone, or that the caller does not see"),
    task_id: z.string().describe("The agent's own name for it"),
    context_id: z.string().nullable(),
    state: z.string().describe("As it was last seen: TASK_STATE_WORKING, TASK_STATE_COMPLETED, …"),
    status_at: z.iso.datetime().describe("When it came to be so, as the agent says; else when it was seen"),
    org_id: z.uuid().nullable().describe("Whose agent it was"),
    payer_org_id: z
      .uuid()
      .nullable()
      .describe("Whose task it is; null for the admin's, and for callers who are known by their address alone"),
  })
  .meta({ id: "TaskEntry" });
const wirePage = z
  .object({
    entries: z.array(wireEntry),
    next: z.string().nullable().describe("`before` of the next page; null when there is none"),
    is_cut: z
      .boolean()
      .describe("Whether the search's time was over before the page was full: what is behind `next` was not looked at"),
  })
  .meta({ id: "TaskEntryPage" });

/** The tasks that the gateway knows of: how they stand, not what is in them, which their agents keep. */
export function taskRoutes({ agents, tasks, rootAgentId }: TaskRoutesOptions): RouteDefinition[] {
  const paths = {
    listKnownTasks: "/agents/tasks",
    // Where an agent stands at the root of the host, this is its own list.
    ...(rootAgentId === undefined && { listKnownTasksAtRoot: "/tasks" }),
  };
  return Object.entries(paths).map(([operationId, path]) =>
    route({
      method: "GET",
      path,
      action: actions.readTasks,
      tag,
      operationId,
      summary: "List the A2A tasks at one's agents, or one's own",
      description:
        "Newest status first, as the gateway last saw them; what is in a task its agent keeps, and tells whose it is. A page may have fewer " +
        "than there are, and even none: `next` goes on where the search's time was over. The same stands at `/agents/tasks` and, where no " +
        "agent answers at the root of the host, at `/tasks`.",
      query,
      responses: {
        200: { description: "A page of tasks", schema: wirePage },
        403: { description: "Another organization's, or an agent that the key is not for" },
      },
      handler: async ({ query, caller }) => {
        const { role, org_id: orgId, context_id: contextId, task_id: taskId, state: states } = query;
        if (orgId !== undefined) demandOwn(caller, actions.readTasks, organization(orgId), "organization");
        const view = viewOf(role, caller, orgId);
        const agentIds = withinKey(query.agent_id, caller);
        const filter = { view, agentIds, contextId, taskId, states: states as TaskState[] | undefined };
        const before = query.before === undefined ? undefined : placeIn(query.before);
        const { rows, next, isCut } = await tasks.page(filter, before, query.limit);
        const shown = rows.filter((row) => maySee(row, caller));
        const entries = await Promise.all(
          shown.map(async (row) => toWire(row, (await agents.see(row.agent_id, caller))?.name ?? null)),
        );
        return { entries, next: next ? placeText(next) : null, is_cut: isCut };
      },
    }),
  );
}

function viewOf(role: "owner" | "payer", caller: Principal, orgId: string | undefined): TaskView {
  const own = orgOf(caller) ?? orgId;
  if (role === "owner") return { orgId: own ?? null };
  return { caller: own === undefined ? scopeOf(caller) : orgScope(own) };
}

/** The agents asked for, as far as the key is for them; undefined for all. @throws Problem 403 */
function withinKey(asked: readonly string[] | undefined, caller: Principal): readonly string[] | undefined {
  const bounds = limitsOf(caller)?.agentIds;
  if (bounds === undefined) return asked;
  const beyond = asked?.find((id) => !bounds.has(id));
  if (beyond === undefined) return asked ?? [...bounds];
  throw new Problem(403, `This API key is not for the agent ${beyond}`, { code: "agent_not_allowed" });
}

/** Whose agent it is at, whose task it is, and the admin. */
const maySee = ({ org_id, owner }: TaskRow, caller: Principal): boolean =>
  may(caller, actions.readTasks, { orgId: org_id }) || owner === scopeOf(caller);

const toWire = (row: TaskRow, agentName: string | null) => ({
  agent_id: row.agent_id,
  agent_name: agentName,
  task_id: row.task_id,
  context_id: row.context_id || null,
  state: row.state,
  status_at: new Date(Number(row.status_at / 1000n)).toISOString(),
  org_id: row.org_id,
  payer_org_id: orgIn(row.owner),
});

const ORG_SCOPE = orgScope("");
const orgIn = (owner: string): string | null => (owner.startsWith(ORG_SCOPE) ? owner.slice(ORG_SCOPE.length) : null);
