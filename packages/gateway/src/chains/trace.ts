import type { Problem } from "../http/index.ts";

/** Which step this is, and whose. */
export interface StepName {
  /** From 1. */
  step: number;
  agentId: string;
  agentName: string;
}

/** A step that was taken, as JSON (contract section 7): what the agent answered goes in as the text that it was. */
export function successEntry(
  name: StepName,
  { input, output, answer, latencyMs }: { input: string; output: string; answer: string; latencyMs: number },
): string {
  const head = JSON.stringify({ ...wireName(name), status: "success", input, output });
  return `${head.slice(0, -1)},"raw_response":${answer},"latency_ms":${rounded(latencyMs)}}`;
}

/** A step that failed. */
export const errorEntry = (name: StepName, problem: Problem, latencyMs: number): string =>
  JSON.stringify({
    ...wireName(name),
    status: "error",
    error: problem.message,
    error_code: problem.code,
    error_status: problem.status,
    latency_ms: rounded(latencyMs),
  });

/** A step that begins; for those who follow a run. */
export const beginEntry = (name: StepName, input: string): string =>
  JSON.stringify({ ...wireName(name), status: "running", input });

const wireName = ({ step, agentId, agentName }: StepName) => ({ step, agent_id: agentId, agent_name: agentName });

const rounded = (milliseconds: number) => Math.round(milliseconds * 10) / 10;

/** What a run came to. */
export interface ChainOutcome {
  chain: { id: string; name: string };
  traceId: string;
  /** Entries as JSON. */
  trace: readonly string[];
  /** What the last step said; undefined when one failed. */
  finalOutput: string | undefined;
}

/** The answer to a run, as JSON. */
export function runBody({ chain, traceId, trace, finalOutput }: ChainOutcome): string {
  const head = JSON.stringify({
    chain_id: chain.id,
    chain_name: chain.name,
    status: finalOutput === undefined ? "error" : "success",
    ...(finalOutput !== undefined && { final_output: finalOutput }),
    trace_id: traceId,
  });
  return `${head.slice(0, -1)},"trace":[${trace.join(",")}]}`;
}
