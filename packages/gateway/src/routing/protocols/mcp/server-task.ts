import type { JsonObject } from "@agentgate/protocol/a2a";
import type { ServerError } from "../../../mcp-servers/index.ts";

const STATE_LENGTH_MAX = 65_536;
const UPSTREAM_ID_MAX = 1_024;
const WORDS_MAX = 2_000;
const POLL_MS = { default: 1_000, min: 200, max: 10_000 };

/** The server's name for the task that it began; undefined for none that can be asked for. */
export const upstreamIdIn = ({ taskId }: JsonObject): string | undefined =>
  typeof taskId === "string" && taskId !== "" && taskId.length <= UPSTREAM_ID_MAX ? taskId : undefined;

/** Whether a question's state, which is given back with its answer, can be kept. */
export const isKeepableState = (state: unknown): state is string | undefined =>
  state === undefined || (typeof state === "string" && state.length <= STATE_LENGTH_MAX);

/** What a server says of its task, as the parts of a message. */
export const saidIn = (task: JsonObject | undefined): JsonObject[] | undefined =>
  typeof task?.statusMessage === "string" && task.statusMessage !== ""
    ? [{ text: task.statusMessage.slice(0, WORDS_MAX) }]
    : undefined;

/** How long to wait before the task is asked for again, in milliseconds: as the server wishes, within bounds. */
export function pollMsIn(task: JsonObject | undefined): number {
  const asked = Number(task?.pollIntervalMs ?? POLL_MS.default);
  return Number.isFinite(asked) ? Math.min(POLL_MS.max, Math.max(POLL_MS.min, asked)) : POLL_MS.default;
}

/** Why a server did not do what it was asked, in its words. */
export const refusalOf = ({ message, code }: ServerError): string => `${message.slice(0, WORDS_MAX)} (${code})`;
