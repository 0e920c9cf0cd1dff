import { shortText } from "@agentgate/protocol/format";
import { en } from "../../messages/en.ts";
import { State, type StateName } from "../../ui/state.tsx";
import type { states } from "./tasks-api.ts";

type Known = (typeof states)[number];

const SHAPES: Record<Known, StateName> = {
  TASK_STATE_SUBMITTED: "running",
  TASK_STATE_WORKING: "running",
  TASK_STATE_INPUT_REQUIRED: "slow",
  TASK_STATE_AUTH_REQUIRED: "slow",
  TASK_STATE_COMPLETED: "ok",
  TASK_STATE_FAILED: "failed",
  TASK_STATE_CANCELED: "unknown",
  TASK_STATE_REJECTED: "failed",
};

export function TaskState({ state }: { state: string }) {
  if (!Object.hasOwn(SHAPES, state)) return <State is="unknown" word={shortText(state, 30)} />;
  return <State is={SHAPES[state as Known]} word={en.tasks.states[state as Known]} />;
}
