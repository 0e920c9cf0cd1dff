import type { LogEntry } from "@agentgate/client";
import { AgentGateClient } from "@agentgate/client";
import { visibleText } from "@agentgate/protocol/format";
import { gateway } from "../../../app/api.ts";

/** Characters of an answer that are shown: what an agent sends beyond is only counted. */
const SHOWN_MAX = 200_000;
const LOG_TRIES = 10;
const LOG_EVERY_MS = 300;

/** How far a run is. */
export interface TaskRun {
  state: "running" | "done" | "failed" | "stopped";
  /** What the agent said on the way: its last status. */
  status: string;
  /** Its answer, as far as it came; what hides in it made visible. */
  text: string;
  /** The whole answer, as JSON; only at the end. */
  result: string | undefined;
  isCut: boolean;
  error: unknown;
  requestId: string | undefined;
  startedAt: number;
  tookMs: number | undefined;
}

const BEGINNING: TaskRun = {
  state: "running",
  status: "",
  text: "",
  result: undefined,
  isCut: false,
  error: undefined,
  requestId: undefined,
  startedAt: 0,
  tookMs: undefined,
};

/** What is asked of the agent: a text, or a tool with its arguments; and which of its skills that is for, where one is named. */
export interface TaskAsked {
  text: string;
  tool?: { name: string; arguments: unknown } | undefined;
  skill?: string | undefined;
}

interface RunOptions {
  agentId: string;
  asked: TaskAsked;
  key: string;
  /** The agent's own, where it asks its callers for one. */
  agentKey: string | undefined;
  signal: AbortSignal;
  tell(run: TaskRun): void;
}

/** Sends a task with a key of the page's own, never with the session, and tells of each piece of the answer. Never rejects. */
export async function runTask({ agentId, asked, key, agentKey, signal, tell }: RunOptions): Promise<TaskRun> {
  const startedAt = performance.now();
  let run: TaskRun = { ...BEGINNING, startedAt };
  const set = (change: Partial<TaskRun>) => {
    run = { ...run, ...change };
    tell(run);
  };
  const client = new AgentGateClient({
    baseUrl: location.origin,
    apiKey: key,
    timeoutMs: 600_000,
    retries: 0,
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, credentials: "omit" });
      set({ requestId: response.headers.get("x-request-id") ?? undefined });
      return response;
    },
  });
  set({});
  try {
    for await (const { type, data } of client.streamTask(agentId, inputOf(asked), {
      agentApiKey: agentKey || undefined,
      skill: asked.skill,
      signal,
    })) {
      if (type === "status") set({ status: visibleText(data.slice(0, 200)) });
      else if (type === "chunk") set(shown(run.text + visibleText(data.slice(0, SHOWN_MAX))));
      else set({ ...(run.text === "" && shown(visibleText(textIn(data)))), result: pretty(data) });
    }
    set({ state: "done" });
  } catch (error) {
    set(signal.aborted ? { state: "stopped" } : { state: "failed", error });
  }
  set({ tookMs: performance.now() - startedAt });
  return run;
}

const inputOf = ({ text, tool }: TaskAsked) =>
  tool ? [{ type: "data", data: { tool: tool.name, arguments: tool.arguments } }] : text;

const shown = (text: string) => ({ text: text.slice(0, SHOWN_MAX), isCut: text.length > SHOWN_MAX });

function pretty(json: string): string {
  try {
    const text = JSON.stringify(JSON.parse(json), undefined, 2);
    return visibleText(text.slice(0, SHOWN_MAX));
  } catch {
    return visibleText(json.slice(0, SHOWN_MAX));
  }
}

/** The texts and data of an answer's parts, of the plain contract or A2A; else all of it. */
export function textIn(json: string): string {
  try {
    const texts: string[] = [];
    gather(JSON.parse(json), texts, 0);
    return texts.length > 0 ? texts.join("\n") : json;
  } catch {
    return json;
  }
}

const DEEP = 12;

function gather(value: unknown, texts: string[], depth: number): void {
  if (typeof value !== "object" || value === null || depth > DEEP || texts.length > 200) return;
  if (Array.isArray(value)) {
    for (const item of value) gather(item, texts, depth + 1);
    return;
  }
  const { text, data, role, ...rest } = value as { text?: unknown; data?: unknown; role?: unknown };
  if (role === "user" || role === "ROLE_USER") return;
  if (typeof text === "string") texts.push(text);
  else if (typeof data === "object" && data !== null) texts.push(JSON.stringify(data, undefined, 2));
  for (const [name, item] of Object.entries(rest))
    if (name !== "metadata" && name !== "ucp") gather(item, texts, depth + 1);
}

/** The row of this call, as soon as it is written; undefined where there is none in time. */
export async function rowOf(
  requestId: string,
  orgId: string | null,
  signal: AbortSignal,
): Promise<LogEntry | undefined> {
  for (let attempt = 0; attempt < LOG_TRIES && !signal.aborted; attempt++) {
    for (const role of ["payer", "owner"] as const) {
      const { entries } = await gateway.logs.list({ requestId, role, orgId: orgId ?? undefined, limit: 1, signal });
      if (entries[0]) return entries[0];
    }
    await new Promise((resolve) => setTimeout(resolve, LOG_EVERY_MS));
  }
  return undefined;
}
