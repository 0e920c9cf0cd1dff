import type { Flow } from "./flow.ts";
import { RegistrationError } from "./registration-error.ts";

/** The order of a flow's steps, checked. */
export interface FlowGraph {
  readonly entry: string;
  /** Step → steps that may follow, in the order of definition. Empty when the step completes the flow. */
  readonly next: ReadonlyMap<string, readonly string[]>;
}

/** @throws RegistrationError naming the flow, the step and the fix */
export function buildFlowGraph({ name, steps }: Flow): FlowGraph {
  const names = Object.keys(steps);
  const list = (some: readonly string[]) => some.map((one) => `"${one}"`).join(", ");
  const fail = (problem: string): never => {
    throw new RegistrationError(`flow "${name}": ${problem}`);
  };
  if (names.length === 0) fail("has no steps. Add one with entry: true.");

  const entries = names.filter((step) => steps[step]!.entry);
  if (entries.length === 0) fail(`no step is the first. Add entry: true to one of ${list(names)}.`);
  if (entries.length > 1)
    fail(`${list(entries)} are all marked entry: true. Keep it on the one that agents call first.`);
  const entry = entries[0]!;

  const next = new Map<string, string[]>(names.map((step) => [step, []]));
  for (const step of names) {
    const after = steps[step]!.after;
    if (after.length === 0 && step !== entry) {
      fail(
        `step "${step}" can never be reached. Give it after: one of ${list(names.filter((other) => other !== step))}.`,
      );
    }
    for (const before of new Set(after)) {
      if (!next.has(before))
        fail(`step "${step}" comes after "${before}", which does not exist. Steps: ${list(names)}.`);
      if (steps[before]!.final)
        fail(`step "${step}" comes after "${before}", which is final: true. Remove one of the two.`);
      next.get(before)!.push(step);
    }
  }

  const reached = new Set([entry]);
  for (const step of reached) for (const following of next.get(step)!) reached.add(following);
  const unreached = names.filter((step) => !reached.has(step));
  if (unreached.length) fail(`${list(unreached)} cannot be reached from the entry step "${entry}". Check their after.`);
  if (![...reached].some((step) => next.get(step)!.length === 0)) {
    fail("never completes. Mark the step that completes it with final: true.");
  }
  return { entry, next };
}
