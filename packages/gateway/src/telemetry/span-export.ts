import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { BatchSpanProcessor, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { BATCHES, BoundedBatches } from "./bounded-batches.ts";
import type { OtlpSender } from "./otlp-sender.ts";
import type { OtlpProtocol } from "./settings.ts";

export interface SpanExportOptions {
  url: string;
  protocol: OtlpProtocol;
  sender: OtlpSender;
  delayMs: number;
}

/** Sends the spans that have ended. */
export class SpanExport implements SpanProcessor {
  readonly #batches: BoundedBatches<ReadableSpan>;
  readonly #processor: BatchSpanProcessor;

  constructor({ url, protocol, sender, delayMs }: SpanExportOptions) {
    const serializer = protocol === "http/json" ? JsonTraceSerializer : ProtobufTraceSerializer;
    this.#batches = new BoundedBatches({
      signal: "traces",
      url,
      sender,
      encode: (spans) => serializer.serializeRequest(spans),
      rejected: (answer) => Number(serializer.deserializeResponse(answer).partialSuccess?.rejectedSpans ?? 0),
    });
    this.#processor = new BatchSpanProcessor({
      ...BATCHES,
      scheduledDelayMillis: delayMs,
      exporter: this.#batches.exporter,
    });
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#batches.take()) this.#processor.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}
