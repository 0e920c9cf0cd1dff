import {
  A2AError,
  invalidParams,
  isTaskState,
  type JsonObject,
  type TaskState,
  toTaskState,
} from "@agentgate/protocol/a2a";
import type { AgentLink } from "./agent-link.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { isKnownId } from "./known-id.ts";
import type { Ownership } from "./ownership.ts";
import { factsOfTask, microsOf } from "./task-facts.ts";
import type { TaskStore } from "./task-store.ts";

interface ListContext {
  link: AgentLink;
  ownership: Ownership;
  store: TaskStore;
  timeoutMs: number;
  /** What of a task may be told: the state alone, where nobody paid for more. */
  tell(task: JsonObject, known: IndexedTask): Promise<JsonObject>;
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 100;
/** Tasks that may have moved on unseen are asked for first; one list does not set off more requests than that, and its page. */
const UNFINISHED_MAX = 20;
const FETCHES_AT_ONCE = 8;

/**
 * The caller's tasks, from the gateway's index: all callers of an agent may share one credential, so the agent's own list would show
 * everybody's. The agent is asked for the content of each (a2a.md, section 2.5).
 */
export async function listTasks(
  params: JsonObject,
  { link, ownership, store, timeoutMs, tell }: ListContext,
): Promise<JsonObject> {
  const query = readListQuery(params);
  const { agentId, owner } = ownership;
  const scope = { agentId, owner, contextId: query.contextId };
  const fetch = async (task: IndexedTask) => {
    const found = await link
      .getTask(task.taskId, timeoutMs, query.historyLength === undefined ? {} : { historyLength: query.historyLength })
      .catch((error) => {
        if (A2AError.isInstance(error)) return undefined;
        throw error;
      });
    const facts = factsOfTask(found);
    if (facts) await ownership.record(facts, task);
    return found;
  };
  await inParallel(await store.unfinished({ ...scope, limit: UNFINISHED_MAX }), fetch);
  const { pageSize, state, since, after } = query;
  const { tasks, total } = await store.list({ ...scope, state, since, after, limit: pageSize + 1 });
  const page = tasks.slice(0, pageSize);
  const last = page.at(-1);
  const found = await inParallel(page, async (task) => {
    const fetched = await fetch(task);
    if (!fetched) return remembered(task);
    // What is not listed is not told, and so not to be paid for.
    return tell(query.includeArtifacts ? fetched : withoutArtifacts(fetched), task);
  });
  return {
    tasks: found,
    nextPageToken: tasks.length > pageSize && last ? pageToken(last) : "",
    pageSize,
    totalSize: total,
  };
}

interface ListQuery {
  contextId: string | undefined;
  state: TaskState | undefined;
  since: bigint | undefined;
  after: { statusAt: bigint; taskId: string } | undefined;
  pageSize: number;
  historyLength: number | undefined;
  includeArtifacts: boolean;
}

/** Reads the parameters by the rules of 1.0, section 3.1.4. @throws A2AError InvalidParams */
export function readListQuery(params: JsonObject): ListQuery {
  const { contextId, pageSize, historyLength, statusTimestampAfter, includeArtifacts } = params;
  // ProtoJSON names enum values by name or number.
  const status = typeof params.status === "number" ? toTaskState(params.status) : params.status;
  const size = pageSize ?? PAGE_DEFAULT;
  if (!isInteger(size) || size < 1 || size > PAGE_MAX)
    throw invalidParams(`pageSize is a number from 1 to ${PAGE_MAX}`);
  if (historyLength != null && (!isInteger(historyLength) || historyLength < 0)) {
    throw invalidParams("historyLength is a number, 0 or more");
  }
  if (status != null && status !== "" && !isTaskState(status)) throw invalidParams("status is not a task state");
  const since = statusTimestampAfter == null ? undefined : microsOf(statusTimestampAfter);
  if (statusTimestampAfter != null && since === undefined) {
    throw invalidParams("statusTimestampAfter is not an ISO 8601 timestamp");
  }
  if (includeArtifacts != null && typeof includeArtifacts !== "boolean") {
    throw invalidParams("includeArtifacts is true or false");
  }
  if (contextId != null && contextId !== "" && !isKnownId(contextId)) {
    throw invalidParams("contextId is no text that could be an id");
  }
  return {
    contextId: contextId || undefined,
    state: isTaskState(status) && status !== "TASK_STATE_UNSPECIFIED" ? status : undefined,
    since,
    after: readPageToken(params.pageToken),
    pageSize: size,
    historyLength: historyLength == null ? undefined : (historyLength as number),
    includeArtifacts: includeArtifacts ?? false,
  };
}

const isInteger = (value: unknown): value is number => Number.isInteger(value);

const pageToken = ({ statusAt, taskId }: IndexedTask): string =>
  Buffer.from(`${statusAt}:${taskId}`).toString("base64url");

function readPageToken(token: unknown): ListQuery["after"] {
  if (token == null || token === "") return undefined;
  const [, statusAt, taskId] = /^(-?\d{1,18}):(.+)$/s.exec(Buffer.from(String(token), "base64url").toString()) ?? [];
  if (statusAt === undefined || !isKnownId(taskId)) throw invalidParams("pageToken is not one of this list's");
  return { statusAt: BigInt(statusAt), taskId };
}

/** What the gateway can say of a task that its agent has forgotten. */
const remembered = ({ taskId, contextId, state, statusAt }: IndexedTask): JsonObject => ({
  id: taskId,
  contextId,
  status: { state, timestamp: new Date(Number(statusAt / 1000n)).toISOString() },
});

const withoutArtifacts = ({ artifacts: _, ...task }: JsonObject): JsonObject => task;

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += FETCHES_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + FETCHES_AT_ONCE).map(work))));
  }
  return results;
}
