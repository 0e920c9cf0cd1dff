import { memberTexts } from "../http/index.ts";
import type { Order, Run } from "./order.ts";
import { inputOf } from "./order-store.ts";

export type Raw = (json: string) => unknown;

/** Where agents and results are had. */
export interface Places {
  url: string;
  raw: Raw;
}

/** What the extension says of a line's tasks: one of them as it is, more under `runs`. */
export function tasksOf(order: Order, lineId: string, places: Places): object {
  const runs = order.runs.filter(({ line }) => line === lineId);
  const [only] = runs;
  if (runs.length === 1 && only) return taskOf(order, only, places);
  const isOver = runs.every(({ state }) => state !== "waiting");
  const isDone = runs.some(({ state }) => state === "done");
  return {
    state: isOver ? (isDone ? "completed" : "failed") : "working",
    runs: runs.map((run) => taskOf(order, run, places)),
  };
}

function taskOf(order: Order, run: Run, { url, raw }: Places): object {
  const { state, agentId, transactionId, error, result, resultBytes, position } = run;
  const members = result === null ? undefined : memberTexts(result);
  const text = (name: string): string | undefined => {
    const value = parsed(members?.get(name));
    return typeof value === "string" ? value : undefined;
  };
  const status = parsed(members?.get("status")) as { state?: unknown } | undefined;
  const told = typeof status?.state === "string" ? status.state : "completed";
  const agentsTask = text("taskId");
  return {
    task_id: taskIdIn(inputOf(order, run)) ?? run.id,
    ...(text("contextId") !== undefined && { context_id: text("contextId") }),
    state: state === "done" ? told : state === "failed" ? "failed" : "working",
    ...(transactionId !== null && { transaction_id: transactionId }),
    ...(members?.has("artifacts") && { artifacts: raw(members.get("artifacts")!) }),
    ...(result !== null && { result: raw(result) }),
    ...(state === "done" && resultBytes > 0 && { result_url: `${url}/ucp/v1/orders/${order.id}/results/${position}` }),
    ...(agentsTask !== undefined && { a2a: { url: `${url}/agents/${agentId}`, task_id: agentsTask } }),
    ...(error && { error: { code: error.message.code, content: error.message.content } }),
  };
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}

function taskIdIn(input: string): string | undefined {
  const id = parsed(memberTexts(input)?.get("id"));
  return typeof id === "string" || typeof id === "number" ? `${id}` : undefined;
}
