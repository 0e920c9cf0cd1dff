import { invalidParams, isTaskState, type JsonObject, type TaskState, toTaskState } from "@agentgate/protocol/a2a";
import { Payload } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { isKnownId } from "./known-id.ts";
import type { Ownership } from "./ownership.ts";
import { microsOf } from "./task-facts.ts";
import { TaskFetches } from "./task-fetches.ts";
import type { TaskStore } from "./task-store.ts";

interface ListContext {
  link: AgentLink;
  ownership: Ownership;
  store: TaskStore;
  clock: Clock;
  /** For the whole list. */
  timeoutMs: number;
  /** Whether one more request may go to the agent. */
  mayAsk(): boolean | Promise<boolean>;
  /** Nobody was asked to pay for this task. */
  isFree(known: IndexedTask): boolean;
  /** What of a task may be told: the state alone, where nobody paid for more. */
  tell(task: JsonObject, known: IndexedTask): Promise<JsonObject>;
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 100;
/** Tasks that may have moved on unseen are asked for first; one list does not set off more requests than that, and its page. */
const UNFINISHED_MAX = 20;

/**
 * The caller's tasks, from the gateway's index: all callers of an agent may share one credential, so the agent's own list would show
 * everybody's. The agent is asked for the content of each (a2a.md, section 2.5), as far as the list's time and bytes, and the caller's
 * rate, go; of the others is told what is remembered.
 */
export async function listTasks(
  params: JsonObject,
  { link, ownership, store, clock, timeoutMs, mayAsk, isFree, tell }: ListContext,
): Promise<Payload> {
  const query = readListQuery(params);
  const { agentId, owner } = ownership;
  const scope = { agentId, owner, contextId: query.contextId };
  const { historyLength, includeArtifacts, pageSize, state, since, after } = query;
  const fetches = new TaskFetches({
    link,
    ownership,
    clock,
    endsAt: clock.monotonic() + timeoutMs,
    mayAsk,
    settings: historyLength === undefined ? {} : { historyLength },
    shape: (task) => asAsked(task, includeArtifacts, historyLength),
  });
  try {
    await fetches.ask(await store.unfinished({ ...scope, limit: UNFINISHED_MAX }));
    const { tasks, total } = await store.list({ ...scope, state, since, after, limit: pageSize + 1 });
    const page = tasks.slice(0, pageSize);
    const last = page.at(-1);
    fetches.keepOnly(new Set(page.map(({ taskId }) => taskId)));
    await fetches.ask(page);
    const texts: string[] = [];
    for (const task of page) {
      const text = fetches.text(task.taskId) ?? JSON.stringify(remembered(task));
      // What is not listed is not told, and so not to be paid for.
      texts.push(isFree(task) ? text : await toldOf(text, task, tell));
    }
    const nextPageToken = tasks.length > pageSize && last ? pageToken(last) : "";
    const about = JSON.stringify({ nextPageToken, pageSize, totalSize: total });
    return Payload.ofText(V1, `{"tasks":[${texts.join()}],${about.slice(1)}`);
  } finally {
    fetches.release();
  }
}

async function toldOf(text: string, known: IndexedTask, tell: ListContext["tell"]): Promise<string> {
  const task = Payload.ofText(V1, text).object;
  const told = await tell(task, known);
  return told === task ? text : JSON.stringify(told);
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

/** Agents may tell more than they were asked for. */
function asAsked(
  { artifacts, history, ...task }: JsonObject,
  includeArtifacts: boolean,
  historyLength: number | undefined,
): JsonObject {
  const messages = Array.isArray(history) && historyLength !== undefined ? lastOf(history, historyLength) : history;
  return {
    ...task,
    ...(includeArtifacts && artifacts !== undefined && { artifacts }),
    ...(messages !== undefined && { history: messages }),
  };
}

const lastOf = (items: unknown[], count: number): unknown[] => (count > 0 ? items.slice(-count) : []);
