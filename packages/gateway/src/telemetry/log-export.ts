import { type Logger, ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from "@opentelemetry/api";
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { Resource } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { LogLevel } from "../runtime/index.ts";
import { BATCHES, BoundedBatches } from "./bounded-batches.ts";
import type { OtlpSender } from "./otlp-sender.ts";
import type { OtlpProtocol } from "./settings.ts";
import type { Attributes } from "./tracing.ts";

export interface LogExportOptions {
  url: string;
  protocol: OtlpProtocol;
  sender: OtlpSender;
  delayMs: number;
  resource: Resource;
  version: string;
}

const severities: Record<LogLevel, SeverityNumber> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};
const TEXT_LENGTH_MAX = 4_096;

/** Sends the lines of the log as OTLP log records: the same fields, no more. */
export class LogExport {
  readonly #batches: BoundedBatches<ReadableLogRecord>;
  readonly #processor: BatchLogRecordProcessor;
  readonly #logger: Logger;

  constructor({ url, protocol, sender, delayMs, resource, version }: LogExportOptions) {
    const serializer = protocol === "http/json" ? JsonLogsSerializer : ProtobufLogsSerializer;
    this.#batches = new BoundedBatches({
      signal: "logs",
      url,
      sender,
      encode: (records) => serializer.serializeRequest(records),
      rejected: (answer) => Number(serializer.deserializeResponse(answer).partialSuccess?.rejectedLogRecords ?? 0),
    });
    this.#processor = new BatchLogRecordProcessor({
      ...BATCHES,
      scheduledDelayMillis: delayMs,
      exporter: this.#batches.exporter,
    });
    const provider = new LoggerProvider({ resource, processors: [this.#processor] });
    this.#logger = provider.getLogger("agentgate", version);
  }

  line(level: LogLevel, fields: object, message: string): void {
    if (!this.#batches.take()) return;
    const { traceId, spanId } = fields as { traceId?: unknown; spanId?: unknown };
    this.#logger.emit({
      severityNumber: severities[level],
      severityText: level.toUpperCase(),
      body: message,
      attributes: attributesOf(fields),
      context:
        typeof traceId === "string" && typeof spanId === "string"
          ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED })
          : ROOT_CONTEXT,
    });
  }

  flush(): Promise<void> {
    return this.#processor.forceFlush();
  }
}

/** Errors by the names of the semantic conventions of exceptions, whatever is no plain value as JSON. */
function attributesOf(fields: object): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (name === "err" && value instanceof Error) {
      attributes["exception.type"] = value.name;
      attributes["exception.message"] = value.message.slice(0, TEXT_LENGTH_MAX);
      if (value.stack) attributes["exception.stacktrace"] = value.stack.slice(0, TEXT_LENGTH_MAX);
    } else attributes[name] = plain(value);
  }
  return attributes;
}

function plain(value: unknown): string | number | boolean {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "string") return value.slice(0, TEXT_LENGTH_MAX);
  if (typeof value === "bigint") return `${value}`;
  try {
    return JSON.stringify(value).slice(0, TEXT_LENGTH_MAX);
  } catch {
    return "";
  }
}
