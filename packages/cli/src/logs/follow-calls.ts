import type { AgentGateClient, LogOptions } from "@agentgate/client";
import type { LogEntry } from "@agentgate/protocol";
import { formatDollars, formatMilliseconds, formatTime } from "../output/format.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";

export interface FollowedCalls {
  role?: "owner" | "payer" | undefined;
  status?: "success" | "error" | undefined;
  /** Kinds of failures, with commas. */
  error?: string | undefined;
  /** Ids of skills, with commas. */
  skill?: string | undefined;
}

export interface FollowOptions extends FollowedCalls {
  agentId: string | undefined;
  /** How many calls of before are told first. */
  before?: number;
  signal?: AbortSignal;
  onGap?(missed: number | null): void;
}

/** Tells calls as they come, each once, until the signal ends it. After a break it goes on where it was. */
export async function followCalls(
  client: AgentGateClient,
  { agentId, role, status, error, skill, before = 0, signal, onGap }: FollowOptions,
  onCall: (call: LogEntry) => void,
): Promise<void> {
  const told = new Set<string>();
  let isCaughtUp = before === 0;
  const filter = {
    role: role ?? (agentId === undefined ? undefined : ("owner" as const)),
    status,
    error,
    skills: skill?.split(","),
  };
  for await (const event of client.followEvents({ topics: ["logs"], agentId, ...filter, signal })) {
    if (event.type === "gap") onGap?.(event.data.missed);
    else if (event.type === "log" && !told.delete(event.data.id)) onCall(event.data);
    else if (event.type === "ready" && !isCaughtUp) {
      isCaughtUp = true;
      for (const call of (await callsBefore(client, agentId, { role, status, error, skill }, before)).reverse()) {
        onCall(call);
        told.add(call.id);
      }
    }
  }
}

/** A call in a line for people; for programs as the gateway tells it. */
export function showCall(output: Output, call: LogEntry, namesAgent: boolean): void {
  if (output.json) output.value(call);
  else output.line(lineOf(output, call, namesAgent));
}

async function callsBefore(
  client: AgentGateClient,
  agentId: string | undefined,
  { role, status, error, skill }: FollowedCalls,
  limit: number,
): Promise<LogEntry[]> {
  const options: LogOptions = {
    role,
    status,
    errors: error?.split(","),
    skills: skill?.split(","),
    agentIds: agentId ? [agentId] : undefined,
  };
  const calls: LogEntry[] = [];
  for await (const call of client.logs.all(options)) {
    calls.push(call);
    if (calls.length === limit) break;
  }
  return calls;
}

function lineOf(output: Output, call: LogEntry, namesAgent: boolean): string {
  const { created_at, status, latency_ms, agent_name, price, caller_ip, task_id, error_detail } = call;
  const parts = [
    output.style("dim", formatTime(created_at)),
    output.style(status === "success" ? "green" : "red", status.padEnd("success".length)),
    formatMilliseconds(latency_ms).padStart("1000.0 ms".length),
    ...(namesAgent ? [printable(agent_name)] : []),
    ...(price ? [formatDollars(price)] : []),
    caller_ip,
    printable(task_id ?? ""),
    error_detail === null ? "" : output.style("red", printable(error_detail)),
  ];
  return parts.filter((part) => part !== "").join("  ");
}
