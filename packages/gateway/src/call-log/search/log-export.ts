import { csvLine } from "../../http/index.ts";
import type { LoggedCall } from "../entry.ts";
import { toWireLogEntry } from "../entry.ts";

const COLUMNS = [
  ...(["created_at", "id", "request_id", "agent_id", "agent_name", "org_id", "payer_org_id", "entrance"] as const),
  ...(["protocol", "status", "error_detail", "http_status", "latency_ms", "agent_ms", "first_byte_ms"] as const),
  ...(["event_count", "request_bytes", "response_bytes", "price", "transaction_id", "task_id", "context_id"] as const),
  ...(["trace_id", "parent_id", "key_id", "caller_ip", "skill"] as const),
];

export const exportFormats = {
  /** Cells that a spreadsheet would run are text (`csvCell`). */
  csv: {
    type: "text/csv; charset=utf-8",
    head: csvLine(COLUMNS),
    lineOf(call: LoggedCall): string {
      const entry = toWireLogEntry(call);
      return csvLine(
        COLUMNS.map((column) => {
          const value = entry[column];
          // A price is told exactly.
          return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
        }),
      );
    },
  },
  ndjson: {
    type: "application/x-ndjson; charset=utf-8",
    head: "",
    lineOf: (call: LoggedCall): string => `${JSON.stringify(toWireLogEntry(call))}\n`,
  },
} as const;

export type ExportFormat = keyof typeof exportFormats;

/** The calls as they are read: nothing more is asked of the database than is taken. */
export async function* exported(format: ExportFormat, calls: AsyncIterable<LoggedCall[]>): AsyncGenerator<string> {
  const { head, lineOf } = exportFormats[format];
  if (head !== "") yield head;
  for await (const some of calls) yield some.map(lineOf).join("");
}
