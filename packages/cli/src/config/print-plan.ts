import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { spokenOf } from "./apply-plan.ts";
import type { FieldChange, Plan } from "./plan.ts";

const VALUE_CHARACTERS = 100;

/** Shows people what will be done. */
export function printPlan(plan: Plan, output: Output): void {
  for (const { kind, name, current, fields } of plan.changes) {
    const sign = current ? output.style("yellow", "~") : output.style("green", "+");
    output.line(`${sign} ${printable(spokenOf({ kind, name }))}`);
    for (const field of fields)
      if (current || field.field !== "name") output.line(`    ${printable(fieldText(field))}`);
  }
  for (const deletion of plan.deletions) output.line(`${output.style("red", "-")} ${printable(spokenOf(deletion))}`);
  for (const kept of plan.kept) output.note(`${spokenOf(kept)} is not in the file and stays: ${kept.reason}`);
  output.line(summaryOf(plan));
}

function fieldText({ field, before, after }: FieldChange): string {
  return before === undefined ? `${field}: ${short(after)}` : `${field}: ${short(before)} → ${short(after)}`;
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text;
}

export function summaryOf({ changes, deletions, unchanged }: Plan): string {
  const made = changes.filter(({ current }) => !current).length;
  return `${made} to create, ${changes.length - made} to change, ${deletions.length} to delete, ${unchanged} as they should be`;
}
