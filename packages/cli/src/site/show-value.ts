import type { Output } from "../output/output.ts";

/** A result for people: a list of records as a table, a record as fields, a word as it is, the rest as JSON. */
export function showValue(value: unknown, output: Output): void {
  if (isListOfFlatRecords(value)) {
    const names = [...new Set(value.flatMap((row) => Object.keys(row)))];
    output.table(
      value,
      names.map((name) => ({
        title: name,
        value: (row: Record<string, unknown>) => cell(row[name]),
        shrinks: value.some((row) => cell(row[name]).length > 24),
        ...(value.every((row) => typeof row[name] === "number") && { align: "right" as const }),
      })),
    );
  } else if (isFlatRecord(value) && Object.keys(value).length > 0) {
    output.fields(Object.entries(value).map(([name, entry]) => [name, cell(entry)]));
  } else if (typeof value === "string") {
    output.text(value);
  } else {
    output.text(JSON.stringify(value, null, 2));
  }
}

const cell = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null;

function isFlatRecord(value: unknown): value is Record<string, unknown> {
  return !isScalar(value) && !Array.isArray(value) && Object.values(value as object).every(isScalar);
}

function isListOfFlatRecords(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFlatRecord);
}
