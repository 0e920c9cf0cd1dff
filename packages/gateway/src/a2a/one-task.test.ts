import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** Clients of 0.3 take one task in a stream, at its beginning, and break at a second. */

let gate: TestGateway;
let agents: Record<"1.0" | "0.3", { id: string; agent: RawAgent }>;
/** The stream that an agent opened last. */
let open: ServerResponse;
let opened: number;
let task: Task;
/** What it answers when it is asked for the task, where that is not how it is. */
let asked: Task | undefined;

interface Task {
  state: string;
  artifacts: string[];
}

const part = (version: string, text: string) => (version === "1.0" ? { text } : { kind: "text", text });
const stateIn = (version: string, state: string) =>
  version === "1.0" ? `TASK_STATE_${state.toUpperCase()}` : state.toLowerCase();
const artifactOf = (version: string, text: string) => ({ artifactId: text, parts: [part(version, text)] });
const taskOf = (version: string, { state, artifacts } = task) => ({
  ...(version === "0.3" && { kind: "task" }),
  ...{ id: "t", contextId: "c", status: { state: stateIn(version, state) } },
  artifacts: artifacts.map((text) => artifactOf(version, text)),
});
const tell = (event: object) => open.write(`data: ${rpcResult(1, JSON.stringify(event))}\n\n`);
const tellTask = (version: string) => tell(version === "1.0" ? { task: taskOf(version) } : taskOf(version));
const tellState = (version: string) => {
  const update = { taskId: "t", contextId: "c", status: { state: stateIn(version, task.state) } };
  tell(version === "1.0" ? { statusUpdate: update } : { kind: "status-update", ...update, final: false });
};

/** An agent whose every stream begins with its task, as the official SDKs of both versions have it. */
async function start(version: "1.0" | "0.3") {
  const agent = await startRawAgent(
    ({ body }, response) => {
      if (/get$|^GetTask$/i.test(body.method)) {
        return void response.end(rpcResult(body.id, JSON.stringify(taskOf(version, asked))));
      }
      response.setHeader("content-type", "text/event-stream");
      open = response;
      opened++;
      tellTask(version);
    },
    (url) =>
      version === "1.0"
        ? cardOf(url)
        : { ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url },
  );
  return { id: (await gate.register({ url: agent.url })).id, agent };
}

beforeAll(async () => {
  gate = await startTestGateway();
  agents = { "1.0": await start("1.0"), "0.3": await start("0.3") };
});
afterAll(async () => {
  await gate.close();
  for (const { agent } of Object.values(agents)) await agent.close();
});
beforeEach(() => {
  task = { state: "working", artifacts: [] };
  asked = undefined;
  opened = 0;
});

type Face = "1.0 JSON-RPC" | "1.0 HTTP+JSON" | "0.3 JSON-RPC" | "0.3 HTTP+JSON";
const faces: Face[] = ["1.0 JSON-RPC", "1.0 HTTP+JSON", "0.3 JSON-RPC", "0.3 HTTP+JSON"];

/** What a stream has told by now: `task working [a b]`, `status completed`, `artifact a`. */
class Events {
  text = "";
  done: Promise<void> = Promise.resolve();

  get told(): string[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => {
      const event = JSON.parse(data!);
      const said = event.result ?? event;
      const { kind } = said;
      const whole = kind === "task" ? said : said.task;
      const status = kind === "status-update" ? said : said.statusUpdate;
      const artifact = kind === "artifact-update" ? said : said.artifactUpdate;
      const word = (state: string) => state.replace("TASK_STATE_", "").toLowerCase();
      if (whole) return `task ${word(whole.status.state)} [${(whole.artifacts ?? []).map((a: any) => a.artifactId)}]`;
      if (status) return `status ${word(status.status.state)}`;
      return artifact ? `artifact ${artifact.artifact.artifactId}` : JSON.stringify(event);
    });
  }
}

async function ask(face: Face, agentId: string, what: "send" | "subscribe"): Promise<Events> {
  const [version, binding] = face.split(" ");
  const isV1 = version === "1.0";
  const message = isV1
    ? { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] }
    : { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text: "go" }] };
  const restMessage = isV1 ? message : { messageId: "m", role: "ROLE_USER", content: [{ text: "go" }] };
  const methods = isV1 ? ["SendStreamingMessage", "SubscribeToTask"] : ["message/stream", "tasks/resubscribe"];
  const rpc = {
    ...{ jsonrpc: "2.0", id: 1, method: methods[what === "send" ? 0 : 1] },
    params: what === "send" ? { message } : { id: "t" },
  };
  const path = what === "send" ? "/message:stream" : "/tasks/t:subscribe";
  const isRpc = binding === "JSON-RPC";
  const response = await fetch(`${gate.url}/agents/${agentId}${isRpc ? "" : `${isV1 ? "" : "/v1"}${path}`}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(isV1 && { "a2a-version": "1.0" }) },
    body: JSON.stringify(isRpc ? rpc : what === "send" ? { message: restMessage } : {}),
  });
  const events = new Events();
  events.done = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) events.text += chunk;
  })().catch(() => {});
  return events;
}

describe.each(["0.3", "1.0"] as const)("of an agent of %s", (version) => {
  test.each(faces)("a subscription over %s begins with the task, once", async (face) => {
    const { id } = agents[version];
    const first = await ask(face, id, "send");
    await expect.poll(() => first.told).toEqual(["task working []"]);
    const events = await ask(face, id, "subscribe");
    await expect.poll(() => events.told).toEqual(["task working []"]);
    task = { state: "completed", artifacts: ["a"] };
    tellState(version);
    await events.done;
    expect(events.told).toEqual(["task working []", "status completed"]);
  });

  test.each(faces)("a stream over %s that breaks tells what was missed, and no second task to 0.3", async (face) => {
    const events = await ask(face, agents[version].id, "send");
    await expect.poll(() => events.told).toEqual(["task working []"]);
    task.artifacts = ["a", "b"];
    open.destroy();
    await expect.poll(() => opened).toBe(2);
    const missed = face.startsWith("1.0") ? ["task working [a,b]"] : ["artifact a", "artifact b", "status working"];
    await expect.poll(() => events.told).toEqual(["task working []", ...missed]);
    task.state = "completed";
    tellState(version);
    await events.done;
    expect(events.told).toEqual(["task working []", ...missed, "status completed"]);
  });

  test.each(faces)("an end over %s that the break has hidden is told once", async (face) => {
    const events = await ask(face, agents[version].id, "send");
    await expect.poll(() => events.told).toEqual(["task working []"]);
    task = { state: "completed", artifacts: ["a"] };
    open.destroy();
    await events.done;
    const isV1 = face.startsWith("1.0");
    const end = ["status completed"];
    const fromAgent = version === "1.0" && isV1 ? [] : end;
    expect(events.told).toEqual(["task working []", ...(isV1 ? ["task completed [a]"] : ["artifact a"]), ...fromAgent]);
  });
});

test.each(faces)("what changed between the gateway's question and the agent's stream is told over %s", async (face) => {
  const { id } = agents["0.3"];
  const first = await ask(face, id, "send");
  await expect.poll(() => first.told).toEqual(["task working []"]);
  asked = { ...task };
  task.artifacts = ["a"];
  const events = await ask(face, id, "subscribe");
  await expect.poll(() => events.told).toEqual(["task working []", "artifact a"]);
  task = { state: "completed", artifacts: ["a", "b"] };
  tellTask("0.3");
  await events.done;
  const last = face.startsWith("1.0") ? ["task completed [a,b]"] : ["artifact a", "artifact b", "status completed"];
  expect(events.told).toEqual(["task working []", "artifact a", ...last]);
});
