import type { Agent, AgentFieldChange } from "@agentgate/protocol";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";

const VALUE_CHARACTERS = 200;

/** Says that the agent, or its change, waits for approval, or why it is not called; nothing where nobody has to be asked. */
export function tellApproval(output: Output, { approval, pending }: Pick<Agent, "approval" | "pending">): void {
  if (!approval || (approval.state === "approved" && approval.change !== "pending")) return;
  output.line(printable(approval.detail));
  if (approval.reason !== null && approval.state !== "approved") output.line(`Reason: ${printable(approval.reason)}`);
  if (pending?.kind === "change") printChanges(output, pending.changes);
}

/** What differs, one line for each field. */
export function printChanges(output: Output, changes: readonly AgentFieldChange[]): void {
  for (const change of changes) output.line(`    ${printable(textOf(change))}`);
}

function textOf(change: AgentFieldChange): string {
  const after = "after" in change ? short(change.after) : "(removed)";
  return "before" in change ? `${change.field}: ${short(change.before)} → ${after}` : `${change.field}: ${after}`;
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}… (--json shows all)` : text;
}
