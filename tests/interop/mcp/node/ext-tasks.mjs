import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createTaskSessionFromClient, resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";
import { bearer, cancels, demand, expect, oneMoreThan, refused, run, STAND, textIn } from "./checks.mjs";

const { tools } = STAND;
const REVISION = "2026-07-28";
const clientInfo = { name: "interop", version: "1.0.0" };
let calls = 0;
let who = "rich";

/** What the host of the package has to bring: requests whose answers the SDK's own codecs refuse. */
async function rawDispatch({ method, params }, { signal } = {}) {
  const named = params.name ?? params.taskId;
  const response = await fetch(STAND.mcp, {
    method: "POST",
    headers: new Headers({
      ...{ "content-type": "application/json", accept: "application/json, text/event-stream", ...bearer(who) },
      ...{ "mcp-protocol-version": REVISION, "mcp-method": method, ...(named && { "mcp-name": named }) },
    }),
    body: JSON.stringify({ jsonrpc: "2.0", id: ++calls, method, params }),
    signal,
  });
  const text = await response.text();
  const isStream = response.headers.get("content-type").startsWith("text/event-stream");
  const frames = isStream
    ? text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []))
    : [text];
  const { result, error } = JSON.parse(frames.at(-1));
  return error ? { kind: "error", error } : { kind: "result", result };
}

async function session(clientCapabilities = { elicitation: { form: {} } }) {
  const client = new Client(clientInfo, { versionNegotiation: { mode: { pin: REVISION } } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(STAND.mcp), { requestInit: { headers: bearer(who) } }),
  );
  return createTaskSessionFromClient(client, {
    ...{ endpointId: "the gateway", rawDispatch },
    v2RequestFraming: { protocolVersion: REVISION, clientInfo, clientCapabilities },
    onInputRequest: async () => ({ action: "accept", content: { answer: "Berlin" } }),
  });
}

await run({
  "gets what is done at once as it is": async () => {
    const execution = await (await session()).callTool(tools.add, { a: 1, b: 2 });
    expect(execution.kind, "immediate");
    const { outcome } = await execution.settle();
    expect(resultFromTaskOutcome(outcome).structuredContent, { sum: 3 });
  },
  "goes on with a long call as a task, to its end": async () => {
    const execution = await (await session()).callTool(tools.show, { message: "wait 3000" });
    expect(execution.kind, "task");
    const told = [];
    const { outcome } = await execution.settle({
      onEvent: ({ type, task }) => void (type === "task" && told.push(task.status)),
    });
    expect(textIn(resultFromTaskOutcome(outcome)), "Waited");
    demand(told.includes("working"), told);
  },
  "takes a task up again in another session": async () => {
    const first = await (await session()).callTool(tools.show, { message: "wait 3500" });
    const reference = first.serializeReference();
    await first.detach();
    const again = await (await session()).resumeTask(reference);
    const { outcome } = await again.settle();
    expect(textIn(resultFromTaskOutcome(outcome)), "Waited");
  },
  "answers what an agent asks in its call": async () => {
    const { outcome } = await (await (await session()).callTool(tools.show, { message: "ask" })).settle();
    expect(textIn(resultFromTaskOutcome(outcome)), "You said: Berlin");
  },
  "has a task cancelled": async () => {
    const count = await cancels();
    const execution = await (await session()).callTool(tools.show, { message: "wait 60000" });
    expect(execution.kind, "task");
    await execution.cancel();
    const { status } = await execution.result();
    expect(status, "cancelled");
    await oneMoreThan(count);
  },
  "is told of tasks that there are not": async () => {
    const error = await refused((await session()).task("AAAAAAAAAAAAAAAAAAAAAA").snapshot());
    expect(error.code, -32602);
  },
  "is told that there is no money, and that an agent is down, as results": async () => {
    who = "poor";
    const poor = await session();
    for (const [tool, status] of [
      [tools.paid, 402],
      [tools.down, 502],
    ]) {
      const { outcome } = await (await poor.callTool(tool, { message: "hi" })).settle();
      const { isError, _meta } = resultFromTaskOutcome(outcome);
      expect([isError, _meta["dev.agentgate/problem"].status], [true, status]);
    }
  },
  "is refused with a key of nobody": async () => {
    who = "wrong";
    await refused(session().then((one) => one.callTool(tools.add, { a: 1, b: 2 })));
  },
});
