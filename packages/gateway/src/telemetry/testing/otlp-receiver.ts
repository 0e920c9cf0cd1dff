import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as OTLP's JSON has it, its attributes by name. */
export interface ReceivedSpan {
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code?: number };
  attributes: Record<string, unknown>;
}

export interface OtlpReceiver {
  url: string;
  /** Bodies as they came, by path. */
  bodies: { path: string; headers: IncomingMessage["headers"]; text: string }[];
  spans(): ReceivedSpan[];
  /** Data points by metric. */
  metrics(): Map<string, any[]>;
  logs(): { text: string; severity: string; traceId: string; attributes: Record<string, unknown> }[];
  /** What it does with a request; takes it by default. */
  behave: (response: ServerResponse) => void;
  close(): Promise<void>;
}

const taken = (response: ServerResponse): void => {
  response.setHeader("content-type", "application/json").end("{}");
};

/** Takes OTLP over HTTP in JSON, and remembers it. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const bodies: OtlpReceiver["bodies"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push({ path: request.url!, headers: request.headers, text: Buffer.concat(chunks).toString() });
      receiver.behave(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const of = (signal: string) =>
    bodies.filter(({ path }) => path === `/v1/${signal}`).map(({ text }) => JSON.parse(text) as any);
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    behave: taken,
    spans: () => readSpans(of("traces")),
    metrics: () =>
      new Map(
        of("metrics").flatMap(({ resourceMetrics }) =>
          resourceMetrics.flatMap(({ scopeMetrics }: any) =>
            scopeMetrics.flatMap(({ metrics }: any) =>
              metrics.map(({ name, sum, gauge, histogram }: any) => [
                name,
                (sum ?? gauge ?? histogram).dataPoints.map((point: any) => ({ ...point, attributes: plain(point) })),
              ]),
            ),
          ),
        ),
      ),
    logs: () =>
      of("logs").flatMap(({ resourceLogs }) =>
        resourceLogs.flatMap(({ scopeLogs }: any) =>
          scopeLogs.flatMap(({ logRecords }: any) =>
            logRecords.map((record: any) => ({
              text: record.body.stringValue,
              severity: record.severityText,
              traceId: record.traceId,
              attributes: plain(record),
            })),
          ),
        ),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

/** The spans of requests in OTLP's JSON. */
export const readSpans = (requests: any[]): ReceivedSpan[] =>
  requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }: any) =>
      scopeSpans.flatMap(({ spans }: any) => spans.map((span: any) => ({ ...span, attributes: plain(span) }))),
    ),
  );

const plain = ({ attributes = [] }: { attributes?: { key: string; value: Record<string, unknown> }[] }) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
