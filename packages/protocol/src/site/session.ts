import type { JsonSchema } from "./manifest.ts";

/** Reply of `POST /agent/flows/{name}/start`. */
export interface StartReply {
  readonly session_id: string;
  readonly entry_step: string;
  /** Always `""`; a Python server leaves it out. */
  readonly current_step: string;
  /** `[entry_step]`. */
  readonly allowed_next_steps: readonly string[];
  /** Input schema of the entry step. */
  readonly input_schema: JsonSchema;
  /** ISO 8601; moves forward with every completed step. A Python server leaves it out. */
  readonly expires_at: string;
}

/** Reply of `POST /agent/flows/{name}/step/{step_name}`. */
export interface StepReply<Result = unknown> {
  readonly result: Result;
  readonly session_id: string;
  /** The step just run. */
  readonly current_step: string;
  readonly allowed_next_steps: readonly string[];
  readonly flow_complete: boolean;
}

/** One completed step of a session. */
export interface StepRecord {
  readonly step_name: string;
  readonly input: unknown;
  readonly output: unknown;
}

/** Reply of `GET /agent/flows/{name}/session/{session_id}`. */
export interface SessionView {
  readonly session_id: string;
  readonly flow_name: string;
  readonly current_step: string;
  readonly allowed_next_steps: readonly string[];
  /** Oldest first; bounded, so a long session shows its last steps. */
  readonly history: readonly StepRecord[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly flow_complete: boolean;
  /** The step that runs right now. */
  readonly running_step?: string;
  /** ISO 8601. */
  readonly expires_at: string;
}
