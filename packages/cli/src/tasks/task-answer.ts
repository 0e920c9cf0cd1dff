/** What a command tells of a task's answer: the stable shape of `--json`. */
export interface TaskAnswer {
  agent_id: string;
  /** `completed`, `input-required`, `failed`…; `completed` where the agent says nothing of it. */
  state: string;
  /** What it said, all texts of it. */
  text: string;
  /** Its own id of the task, and of what was talked about: to go on with them. */
  task_id: string | null;
  context_id: string | null;
  /** US dollars; 0 where nothing was paid. */
  price: number;
  /** What is left in the wallet that paid, in US dollars; null where none did. */
  balance: number | null;
  transaction_id: string | null;
  /** The agent's JSON as it is. */
  answer: unknown;
}

const DEPTH_MAX = 8;

/** Reads the gateway's answer to a task: the agent's JSON, of a priced agent beside what it cost. */
export function readTaskAnswer(agentId: string, body: unknown): TaskAnswer {
  const { result, ucp } = record(body);
  const receipt = record(ucp);
  const isPriced = typeof receipt.agent_id === "string" && "transaction_id" in receipt;
  const answer = isPriced ? result : body;
  const { status, taskId, contextId } = record(answer);
  const { state } = record(status);
  return {
    agent_id: agentId,
    state: typeof state === "string" ? state : "completed",
    text: textOf(answer),
    task_id: text(taskId),
    context_id: text(contextId),
    price: isPriced && receipt.transaction_id !== null ? Number(receipt.price_per_task) : 0,
    balance: isPriced && typeof receipt.balance === "number" ? receipt.balance : null,
    transaction_id: isPriced ? text(receipt.transaction_id) : null,
    answer,
  };
}

/**
 * The texts of an answer: its artifacts', else its message's, else what it says under a name that is usual. The parts of an artifact are one
 * text, as it was streamed (A2A 1.0, "TaskArtifactUpdateEvent": `append`).
 */
export function textOf(answer: unknown, depth = 0): string {
  if (typeof answer === "string") return answer;
  const { artifacts, status, message, parts, result, text: plain, output } = record(answer);
  const artifactTexts = list(artifacts)
    .map((artifact) => textsOf(record(artifact).parts))
    .flatMap((pieces) => (pieces.length > 0 ? [pieces.join("")] : []));
  if (artifactTexts.length > 0) return artifactTexts.join("\n");
  const said = [record(status).message, message].flatMap((one) => textsOf(record(one).parts));
  if (said.length > 0) return said.join("\n");
  const own = textsOf(parts);
  if (own.length > 0) return own.join("\n");
  const named = [plain, output, message, result].find((one) => typeof one === "string");
  if (typeof named === "string") return named;
  return result !== undefined && depth < DEPTH_MAX ? textOf(result, depth + 1) : "";
}

/** What of an answer's artifacts is data: the value, or a list of several; undefined where there is none. */
export function dataOf(answer: unknown): unknown {
  const parts = list(record(answer).artifacts).flatMap((artifact) => list(record(artifact).parts));
  const values = parts.flatMap((part) => ("data" in record(part) ? [record(part).data] : []));
  return values.length > 1 ? values : values[0];
}

/** What the agent says of a task that it has not done, or not yet. */
export function statusText(answer: unknown): string {
  return textsOf(record(record(record(answer).status).message).parts).join("\n");
}

const textsOf = (parts: unknown): string[] =>
  list(parts).flatMap((part) => {
    const { text: said } = record(part);
    return typeof said === "string" ? [said] : [];
  });

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
