import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { rpcResult, startRawAgent } from "../a2a/testing/raw-agent.ts";
import { parseExposition } from "../metrics/testing/parse-exposition.ts";
import type { Log } from "../runtime/index.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../testing/index.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "./testing/otlp-receiver.ts";

const SECRET = "a word that only caller and agent know";
const CALLER_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER_SPAN = "00f067aa0ba902b7";
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: (level) => level !== "debug" };

let collector: OtlpReceiver;
let gate: TestGateway;
let second: TestAgent;
let first: TestAgent;
/** The first asks the second through the gateway, with what it was sent of the trace. */
let ids: { first: string; second: string; failing: string; payer: string };
let payerKey: string;

beforeAll(async () => {
  collector = await startOtlpReceiver();
  gate = await startTestGateway(
    "sqlite",
    {
      otlpEndpoint: collector.url,
      otlpProtocol: "http/json",
      otlpHeaders: { "x-collector-key": "key-of-the-collector" },
      otelSemconv: ["gen_ai_latest_experimental"],
      otelScheduleDelayMs: 50,
      otelServiceName: "gate-under-test",
      otelResourceAttributes: { "deployment.environment.name": "test" },
      topup: "open",
    },
    quiet,
  );
  second = await startAgent();
  first = await startAgent(async ({ body, headers }, response) => {
    const { traceparent, tracestate } = headers as Record<string, string>;
    const asked = await fetch(`${gate.url}/agents/${ids.second}/task`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        traceparent: traceparent!,
        ...(tracestate && { tracestate }),
        "x-agentgate-chain": headers["x-agentgate-chain"] as string,
        authorization: `Bearer ${payerKey}`,
      },
      body,
    });
    response.setHeader("content-type", "application/json");
    response.end(await asked.text());
  });
  const failing = await startAgent((_, response) => response.writeHead(500).end());
  const owner = await gate.createOrg("owner");
  const payer = await gate.createOrg("payer");
  payerKey = payer.key;
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 }, payer.key);
  const priced = await gate.register({ name: "second", url: second.url, price_per_task: 0.5 }, owner.key);
  const asking = await gate.register({ name: "first", url: first.url, version: "2.1.0" });
  const broken = await gate.register({ name: "failing", url: failing.url });
  ids = { first: asking.id, second: priced.id, failing: broken.id, payer: payer.id };
  closers.push(() => failing.close());
});
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  await gate.close();
  await Promise.all([first, second, collector, ...closers.map((close) => ({ close }))].map((one) => one.close()));
});

const send = (agentId: string, headers: Record<string, string> = {}, task: object = textTask(SECRET)) =>
  fetch(`${gate.url}/agents/${agentId}/task`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(task),
  });

const metricsOf = async ({ url }: TestGateway): Promise<string> => {
  const headers = { accept: "text/plain", authorization: `Bearer ${ADMIN_KEY}` };
  return (await fetch(`${url}/metrics`, { headers })).text();
};

/** The spans of a trace, as soon as there are so many. */
async function spansOf(traceId: string, count: number): Promise<ReceivedSpan[]> {
  const found = () => collector.spans().filter((span) => span.traceId === traceId);
  await vi.waitFor(() => expect(found()).toHaveLength(count), { timeout: 60_000 });
  return found();
}

const parentOf = (spans: ReceivedSpan[], { parentSpanId }: ReceivedSpan) =>
  spans.find(({ spanId }) => spanId === parentSpanId);
const lineage = (spans: ReceivedSpan[], span: ReceivedSpan | undefined): string[] =>
  span ? [span.name, ...lineage(spans, parentOf(spans, span))] : [];

describe("a task in its caller's trace", () => {
  let spans: ReceivedSpan[];
  let answer: Response;
  beforeAll(async () => {
    answer = await send(ids.first, {
      traceparent: `00-${CALLER_TRACE}-${CALLER_SPAN}-01`,
      tracestate: "vendor=value",
      "x-request-id": "request-1",
    });
    expect(await answer.text()).toContain(`Echo: ${SECRET}`);
    spans = await spansOf(CALLER_TRACE, 8);
  });

  test("goes on from its caller to the gateway, the agent, the gateway again and the second agent", () => {
    const innermost = spans.find(({ name }) => name === "invoke_agent second");
    expect(lineage(spans, innermost)).toEqual([
      "invoke_agent second",
      "POST /agents/{id}/task",
      "invoke_agent first",
      "POST /agents/{id}/task",
    ]);
    const [outer] = spans.filter(({ parentSpanId }) => parentSpanId === CALLER_SPAN);
    expect(outer).toMatchObject({ name: "POST /agents/{id}/task", kind: SERVER, traceState: "vendor=value" });
    const tree = spans.map((span) => `${parentOf(spans, span)?.name ?? "caller"} > ${span.name} ${span.kind}`);
    expect(tree.toSorted()).toEqual([
      `POST /agents/{id}/task > admit ${INTERNAL}`,
      `POST /agents/{id}/task > admit ${INTERNAL}`,
      `POST /agents/{id}/task > invoke_agent first ${CLIENT}`,
      `POST /agents/{id}/task > invoke_agent second ${CLIENT}`,
      `POST /agents/{id}/task > reserve ${INTERNAL}`,
      `POST /agents/{id}/task > settle ${INTERNAL}`,
      `caller > POST /agents/{id}/task ${SERVER}`,
      `invoke_agent first > POST /agents/{id}/task ${SERVER}`,
    ]);
    for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    }
  });

  test("the agents are told the spans that they are called within", () => {
    const [client] = spans.filter(({ name }) => name === "invoke_agent second");
    const { traceparent, tracestate } = second.received.at(-1)!.headers;
    expect({ traceparent, tracestate }).toEqual({
      traceparent: `00-${CALLER_TRACE}-${client!.spanId}-01`,
      tracestate: "vendor=value",
    });
  });

  test("the answer, the log and the spans name one trace", async () => {
    expect(answer.headers.get("x-trace-id")).toBe(CALLER_TRACE);
    const logs = await Promise.all([ids.first, ids.second].map((id) => gate.call("GET", `/agents/${id}/logs`)));
    const logged = logs.flatMap(({ body }) => body).filter((entry: any) => entry.trace_id === CALLER_TRACE);
    const told = spans.filter(({ kind }) => kind === SERVER).map(({ attributes }) => attributes["agentgate.call.id"]);
    expect(logged.map((entry: any) => entry.id).toSorted()).toEqual(told.toSorted());
  });

  test("spans carry the attributes of the conventions, and nothing of what was said, of keys and addresses", () => {
    const byName = Object.fromEntries(spans.map(({ name, attributes }) => [name, attributes]));
    expect(byName["invoke_agent first"]).toEqual({
      "agentgate.agent.id": ids.first,
      "agentgate.agent.protocol": "plain",
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.provider.name": "agentgate",
      "gen_ai.agent.id": ids.first,
      "gen_ai.agent.name": "first",
      "gen_ai.agent.version": "2.1.0",
    });
    const outer = spans.find(({ parentSpanId }) => parentSpanId === CALLER_SPAN);
    expect(outer!.attributes).toEqual({
      "agentgate.entrance": "rest",
      "agentgate.call.id": expect.any(String),
      "agentgate.request.id": "request-1",
      "http.route": "/agents/{id}/task",
      "http.request.method": "POST",
      "http.response.status_code": 200,
    });
    const { text } = collector.bodies.find(({ path }) => path === "/v1/traces")!;
    for (const secret of [SECRET, payerKey, ADMIN_KEY, first.url, second.url, "127.0.0.1"]) {
      expect(text).not.toContain(secret);
    }
    const { resource } = JSON.parse(text).resourceSpans[0];
    const attributes = Object.fromEntries(resource.attributes.map(({ key, value }: any) => [key, value.stringValue]));
    expect(attributes).toMatchObject({ "service.name": "gate-under-test", "deployment.environment.name": "test" });
    expect(collector.bodies[0]!.headers["x-collector-key"]).toBe("key-of-the-collector");
  });
});

test("a call without a trace begins one, which its log row is found from", async () => {
  const answer = await send(ids.second, { authorization: `Bearer ${payerKey}` });
  const traceId = answer.headers.get("x-trace-id")!;
  const spans = await spansOf(traceId, 5);
  const [root] = spans.filter(({ kind }) => kind === SERVER);
  expect(root!.parentSpanId ?? "").toBe("");
  expect(`${root!.attributes["agentgate.call.id"]}`.replaceAll("-", "")).toBe(traceId);
});

test("a caller that does not record is not recorded here either, and its trace passed on as it came", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-${CALLER_SPAN}-00`;
  const answer = await send(ids.second, { traceparent, authorization: `Bearer ${payerKey}` });
  expect(answer.headers.get("x-trace-id")).toBe(traceId);
  expect(second.received.at(-1)!.headers.traceparent).toBe(traceparent);
  await spansOf((await send(ids.second)).headers.get("x-trace-id")!, 2);
  expect(collector.spans().filter((span) => span.traceId === traceId)).toEqual([]);
});

test("a refused task is a span that says why; that it is refused is no error of the gateway's", async () => {
  const answer = await send(ids.second);
  expect(answer.status).toBe(402);
  const spans = await spansOf(answer.headers.get("x-trace-id")!, 2);
  for (const { status, attributes } of spans) {
    expect([status.code ?? 0, attributes["error.type"]]).toEqual([0, "payment_required"]);
  }
});

test("an agent that fails is an error of the call to it, in a line of the log as well", async () => {
  const answer = await send(ids.failing);
  expect(answer.status).toBe(502);
  const traceId = answer.headers.get("x-trace-id")!;
  const spans = await spansOf(traceId, 3);
  const errors = spans
    .filter(({ status }) => status.code === 2)
    .map(({ name, attributes }) => [name, attributes["error.type"]]);
  expect(errors.toSorted()).toEqual([
    ["POST /agents/{id}/task", "agent_http_500"],
    ["invoke_agent failing", "http_500"],
  ]);
  await expect
    .poll(() => collector.logs().find((line) => line.traceId === traceId), { timeout: 60_000 })
    .toMatchObject({ text: "the call to an agent failed", severity: "INFO", attributes: { error: "http_500" } });
});

test("an A2A task tells its operation, its context and its task", async () => {
  const agent = await startRawAgent(({ body, headers }, response) => {
    seen = headers.traceparent as string;
    const task = { id: "task-7", contextId: "context-7", status: { state: "TASK_STATE_COMPLETED" } };
    response.end(rpcResult(body.id, JSON.stringify(body.method === "GetTask" ? task : { task })));
  });
  let seen = "";
  closers.push(agent.close);
  const { id } = await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` });
  const rpc = (method: string, params: object) =>
    fetch(`${gate.url}/agents/${id}`, {
      method: "POST",
      headers: { "content-type": "application/json", "a2a-version": "1.0" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  const answer = await rpc("SendMessage", {
    message: { messageId: "m", role: "ROLE_USER", parts: [{ text: SECRET }] },
  });
  expect(await answer.json()).toMatchObject({ result: { task: { id: "task-7" } } });
  const spans = await spansOf(answer.headers.get("x-trace-id")!, 3);
  const [server] = spans.filter(({ kind }) => kind === SERVER);
  const [client] = spans.filter(({ kind }) => kind === CLIENT);
  expect(server).toMatchObject({
    name: "SendMessage",
    attributes: { "agentgate.entrance": "a2a_jsonrpc", "rpc.method": "SendMessage", "rpc.system.name": "jsonrpc" },
  });
  expect(client!.attributes).toMatchObject({
    "agentgate.agent.protocol": "a2a",
    "gen_ai.conversation.id": "context-7",
    "a2a.context.id": "context-7",
    "a2a.task.id": "task-7",
  });
  expect(seen.split("-").slice(1, 3)).toEqual([client!.traceId, client!.spanId]);

  // What is asked of a task is a span of its own, and the agent is called within it.
  const asked = await rpc("GetTask", { id: "task-7" });
  expect(await asked.json()).toMatchObject({ result: { id: "task-7" } });
  expect(asked.headers.get("x-trace-id")).toBe(seen.split("-")[1]);
  const [question] = await spansOf(seen.split("-")[1]!, 1);
  expect([question!.name, question!.spanId]).toEqual(["GetTask", seen.split("-")[2]]);

  // An error of the protocol names its trace as well.
  const refused = await rpc("GetTask", { id: "nobody's" });
  expect(await refused.json()).toMatchObject({ error: { code: -32001 } });
  const [failed] = await spansOf(refused.headers.get("x-trace-id")!, 1);
  expect(failed!.attributes["error.type"]).toBe("a2a_-32001");
});

test("a run of a chain is a span, with its steps within it", async () => {
  const { body: chain } = await gate.call("POST", "/chains/", {
    name: "twice",
    steps: [{ agent_id: ids.first }, { agent_id: ids.failing }],
  });
  const { headers, body } = await gate.call("POST", `/chains/${chain.id}/run`, { input: "x" });
  const traceId = headers.get("x-trace-id")!;
  expect(body.trace_id).toBe(traceId);
  await expect
    .poll(() => collector.spans().some((span) => span.traceId === traceId && span.name.includes("chains")), {
      timeout: 10_000,
    })
    .toBe(true);
  const spans = collector.spans().filter((span) => span.traceId === traceId);
  const [run] = spans.filter(({ name }) => name === "POST /chains/{id}/run");
  expect(run!.attributes).toMatchObject({ "agentgate.chain.steps": 2, "error.type": "step_failed" });
  const steps = spans.filter(({ parentSpanId }) => parentSpanId === run!.spanId);
  expect(steps.map(({ name, kind }) => [name, kind])).toEqual([
    ["task chain", INTERNAL],
    ["task chain", INTERNAL],
  ]);
});

describe("when the node stops", () => {
  test("what is left is sent, metrics as they stand on /metrics", async () => {
    const node = await gate.another();
    const answer = await fetch(`${node.url}/agents/${ids.failing}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { value, types } = parseExposition(await metricsOf(node));
    await node.gateway.close(5_000);
    expect(collector.spans().filter(({ traceId }) => traceId === answer.headers.get("x-trace-id"))).toHaveLength(3);
    const metrics = collector.metrics();
    expect([...metrics.keys()].toSorted()).toEqual([...types.keys()].toSorted());
    expect(metrics.get("agentgate_tasks_total")).toContainEqual(
      expect.objectContaining({
        asDouble: value("agentgate_tasks_total", { agent: "failing", outcome: "error" }),
        attributes: { agent: "failing", outcome: "error" },
      }),
    );
    const [duration] = metrics.get("agentgate_task_duration_seconds")!;
    expect(duration.count).toBe(1);
    expect(duration.bucketCounts.reduce((sum: number, count: number) => sum + Number(count), 0)).toBe(1);
    expect(duration.bucketCounts).toHaveLength(duration.explicitBounds.length + 1);
  });
});

describe("a collector that is of no use", () => {
  const task = (node: TestGateway) =>
    fetch(`${node.url}/agents/${ids.first}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(textTask("x")),
    });
  const dropped = async (node: TestGateway) => {
    const text = await metricsOf(node);
    return parseExposition(text).value("agentgate_telemetry_dropped_total", { signal: "traces" }) ?? 0;
  };

  test.each([
    ["hangs", () => {}],
    ["refuses", (response: import("node:http").ServerResponse) => response.writeHead(400).end()],
  ] as const)("that %s costs no call anything, and what is dropped is counted", async (_, behave) => {
    const useless = await startOtlpReceiver();
    useless.behave = behave;
    const node = await gate.another({ otlpEndpoint: useless.url, otlpTimeoutMs: 300 });
    expect((await task(node)).status).toBe(200);
    await expect.poll(() => dropped(node), { timeout: 60_000 }).toBeGreaterThan(0);
    const before = performance.now();
    expect((await task(node)).status).toBe(200);
    await node.gateway.close(1_000);
    expect(performance.now() - before).toBeLessThan(5_000);
    await useless.close();
  });
});
