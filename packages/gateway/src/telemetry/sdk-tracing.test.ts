import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { SeededRandom } from "../runtime/index.ts";
import { SdkTracing } from "./sdk-tracing.ts";
import type { SamplerName } from "./settings.ts";
import { passingOn } from "./tracing.ts";

const CALL = "9b2f8b1e-1111-4222-8333-444455556666";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function tracingBy(sampler: SamplerName, ratio = 1) {
  const ended: ReadableSpan[] = [];
  const processor = {
    onStart() {},
    onEnd: (span: ReadableSpan) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const resource = resourceFromAttributes({});
  const random = new SeededRandom(1);
  const tracing = new SdkTracing({ resource, processor, random, version: "1", sampler, ratio, tellsGenAi: false });
  return { tracing, ended };
}

test.each<[SamplerName, number, isSampledByCaller: boolean | undefined, isRecorded: boolean]>([
  ["parentbased_always_on", 1, undefined, true],
  ["parentbased_always_on", 1, true, true],
  ["parentbased_always_on", 1, false, false],
  ["parentbased_always_off", 1, undefined, false],
  ["parentbased_always_off", 1, true, true],
  ["parentbased_traceidratio", 0, undefined, false],
  ["parentbased_traceidratio", 0, true, true],
  ["parentbased_traceidratio", 1, undefined, true],
  ["always_on", 1, false, true],
  ["always_off", 1, true, false],
  ["traceidratio", 0, true, false],
])("%s of %d records a trace that its caller samples (%s): %s", (sampler, ratio, isSampled, isRecorded) => {
  const { tracing, ended } = tracingBy(sampler, ratio);
  const traceparent = isSampled === undefined ? undefined : `00-${TRACE}-${SPAN}-0${isSampled ? 1 : 0}`;
  const trace = tracing.begin({ traceparent, tracestate: "a=b" }, CALL, "task");
  trace.span?.end();
  expect(ended.length).toBe(isRecorded ? 1 : 0);
  const id = traceparent ? TRACE : CALL.replaceAll("-", "");
  expect(trace.id).toBe(id);
  const [, told, spanId, flags] = trace.headers.traceparent.split("-");
  expect([told, flags]).toEqual([id, isRecorded ? "01" : isSampled ? "01" : "00"]);
  // Where nothing is recorded, whoever is called has the caller's span for its parent.
  if (traceparent) expect(spanId === SPAN).toBe(!isRecorded);
  if (traceparent) expect(trace.headers.tracestate).toBe("a=b");
  if (isRecorded && traceparent) expect(ended[0]!.parentSpanContext).toMatchObject({ spanId: SPAN, isRemote: true });
});

test("a part of the traces that begin here is recorded, by their names", () => {
  const { tracing } = tracingBy("parentbased_traceidratio", 0.25);
  const random = new SeededRandom(2);
  const recorded = Array.from({ length: 4_000 }, () => tracing.begin({}, random.uuid(), "task").span).filter(Boolean);
  expect(recorded.length / 4_000).toBeGreaterThan(0.22);
  expect(recorded.length / 4_000).toBeLessThan(0.28);
});

test.each([
  [undefined, undefined],
  ["", undefined],
  ["00-zz", undefined],
  [`00-${"0".repeat(32)}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${"0".repeat(16)}-01`, undefined],
  [`ff-${TRACE}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${SPAN}-01`, TRACE],
  [`01-${TRACE}-${SPAN}-01-what-is-to-come`, TRACE],
])("traceparent %j names the trace %s, with and without the SDK", (traceparent, id) => {
  const { tracing } = tracingBy("always_on");
  for (const one of [tracing, passingOn]) {
    const trace = one.begin({ traceparent, tracestate: "x".repeat(600) }, CALL, "task");
    expect(trace.id).toBe(id ?? CALL.replaceAll("-", ""));
    expect(trace.headers.tracestate).toBeUndefined();
  }
});
