import { type Agent, type AgentFieldChange, dearerSkills, microDollarsFromNumber } from "@agentgate/protocol";
import { formatPrice } from "@agentgate/protocol/format";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";

const VALUE_CHARACTERS = 200;

/** Says that the agent, or its change, waits for approval, or why it is not called; nothing where nobody has to be asked. */
export function tellApproval(output: Output, agent: Pick<Agent, "approval" | "pending" | "price_per_task">): void {
  const { approval, pending } = agent;
  if (!approval || (approval.state === "approved" && approval.change !== "pending")) return;
  output.line(printable(approval.detail));
  if (approval.reason !== null && approval.state !== "approved") output.line(`Reason: ${printable(approval.reason)}`);
  if (pending?.kind === "change") printChanges(output, pending.changes, agent);
}

/** What differs, one line for each field, and what of it is easily overlooked. */
export function printChanges(
  output: Output,
  changes: readonly AgentFieldChange[],
  { price_per_task: perTask }: Pick<Agent, "price_per_task">,
): void {
  for (const change of changes) output.line(`    ${printable(textOf(change))}`);
  for (const { skill, before, after, losesItsPrice } of dearerSkills(changes, perTask)) {
    const why = losesItsPrice ? "loses its own price and gets dearer" : "gets dearer";
    output.line(`    ! ${printable(skill)} ${why}: ${priceOf(after)} in place of ${priceOf(before)}`);
  }
}

const priceOf = (dollars: number): string => formatPrice(microDollarsFromNumber(dollars));

function textOf(change: AgentFieldChange): string {
  const after = "after" in change ? short(change.after) : "(removed)";
  return "before" in change ? `${change.field}: ${short(change.before)} → ${after}` : `${change.field}: ${after}`;
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}… (--json shows all)` : text;
}
