import { agentAnswer, agentTask, FRESH_ID, jsonOfSize, type MockAgent, NOW, startAgent } from "./agent.ts";
import { type MeasuredGateway, startGateway } from "./gateway.ts";
import { getRequest, postRequest } from "./http-connection.ts";
import type { Cores } from "./machine.ts";
import type { TaskContender } from "./task-contenders.ts";

export interface A2AContenders extends A2AThrough {
  agent: MockAgent;
  gateway: MeasuredGateway;
  direct: TaskContender;
  stop(): Promise<void>;
}

const message = (text: string) => ({ messageId: "m-1", role: "ROLE_USER", parts: [{ text }] });
const taskOf = (id: string) => (text: string) => ({
  id,
  contextId: id,
  status: { state: "TASK_STATE_COMPLETED", timestamp: NOW },
  artifacts: [{ artifactId: "a-1", parts: [{ text }] }],
});
const task = (text: string) => ({ task: taskOf(FRESH_ID)(text) });
const KNOWN_ID = "t-1";
const reply = (text: string) => ({
  message: { messageId: "m-2", contextId: "c-1", role: "ROLE_AGENT", parts: [{ text }] },
});
const rpcAnswer = (result: (text: string) => object) =>
  jsonOfSize(1024, (text) => ({ jsonrpc: "2.0", id: 1, result: result(text) }));

/** The address of each interface is relative to the card's. */
const card = (name: string, interfaces: Record<string, string>) =>
  JSON.stringify({
    name,
    description: "Answers the same to everything",
    version: "1.0.0",
    supportedInterfaces: Object.entries(interfaces).map(([protocolBinding, url]) => ({
      url,
      protocolBinding,
      protocolVersion: "1.0",
    })),
    capabilities: { streaming: false, pushNotifications: false },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [{ id: "answer", name: "Answer", description: "", tags: [] }],
  });

const answers = {
  "/": agentAnswer,
  "/tasks/card.json": card("tasks", { JSONRPC: "rpc", "HTTP+JSON": "rest" }),
  "/tasks/rpc": rpcAnswer(task),
  "/tasks/rest": jsonOfSize(1024, task),
  "/messages/card.json": card("messages", { JSONRPC: "rpc" }),
  "/messages/rpc": rpcAnswer(reply),
  "/known/card.json": card("known", { "HTTP+JSON": "rest" }),
  "/known/rest/message:send": jsonOfSize(1024, (text) => ({ task: taskOf(KNOWN_ID)(text) })),
  "/known/rest/tasks": jsonOfSize(1024, taskOf(KNOWN_ID)),
};

const rpcRequest = jsonOfSize(1024, (text) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "SendMessage",
  params: { message: message(text) },
}));
const restRequest = jsonOfSize(1024, (text) => ({ message: message(text) }));

/** What can be asked of one gateway in A2A 1.0, and of its plain task path beside. */
export interface A2AThrough {
  /** The agent whose answers are new tasks. */
  agentId: string;
  /** The plain task path of the same gateway, to a plain agent: the yardstick for what leaves nothing to remember. */
  plain: TaskContender;
  /** The plain task path to the agent of {@link jsonRpc} and {@link rest}, whose answers are new tasks: the yardstick for those two. */
  plainToSame: TaskContender;
  jsonRpc: TaskContender;
  rest: TaskContender;
  /** Answered by a message, so that there is no task to remember. */
  message: TaskContender;
  /** Asks for a task that the gateway knows. */
  lookUp: TaskContender;
}

/** An agent that speaks A2A at several addresses, for {@link throughGateway}. */
export const startA2AAgent = (core: number | undefined): Promise<MockAgent> => startAgent(core, answers);

/** Registers the agents of {@link startA2AAgent} at a gateway; every answer with a task brings one that it has never seen, in a context of its own. */
export async function throughGateway(gateway: MeasuredGateway, agent: MockAgent): Promise<A2AThrough> {
  const cardUrl = (name: string) => `http://127.0.0.1:${agent.port}/${name}/card.json`;
  const agentId = await gateway.register({ card_url: cardUrl("tasks") });
  const messageAgentId = await gateway.register({ card_url: cardUrl("messages") });
  const knownAgentId = await gateway.register({ card_url: cardUrl("known") });
  const headers = { authorization: `Bearer ${gateway.orgKey}`, "a2a-version": "1.0" };
  const through = (name: string, path: string, body: string): TaskContender => ({
    name,
    port: gateway.port,
    request: postRequest(path, body, headers),
    pid: gateway.pid,
  });
  const known = `/agents/${knownAgentId}`;
  const sent = await fetch(`http://127.0.0.1:${gateway.port}${known}/message:send`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: restRequest,
  });
  if (!sent.ok) throw new Error(`the task to be looked up was not made: ${sent.status} ${await sent.text()}`);
  return {
    agentId,
    plain: through("plain task", gateway.taskPath, agentTask),
    plainToSame: through("plain task, A2A agent", `/agents/${agentId}/task`, agentTask),
    jsonRpc: through("SendMessage", `/agents/${agentId}`, rpcRequest),
    rest: through("message:send", `/agents/${agentId}/message:send`, restRequest),
    message: through("SendMessage, no task", `/agents/${messageAgentId}`, rpcRequest),
    lookUp: {
      name: "GET tasks/{id}",
      port: gateway.port,
      request: getRequest(`${known}/tasks/${KNOWN_ID}`, headers),
      pid: gateway.pid,
    },
  };
}

/** An agent called in A2A 1.0, directly and through the gateway in both bindings, beside the plain task path: 1 KiB each way, with an organization's key. */
export async function startA2AContenders(cores: Cores, nodeOptions: string[] = []): Promise<A2AContenders> {
  const agent = await startA2AAgent(cores.load);
  const gateway = await startGateway({ agentPort: agent.port, core: cores.server, nodeOptions });
  return {
    ...(await throughGateway(gateway, agent)),
    agent,
    gateway,
    direct: { name: "direct", port: agent.port, request: postRequest("/tasks/rpc", rpcRequest), pid: undefined },
    async stop() {
      await gateway.stop();
      await agent.stop();
    },
  };
}
