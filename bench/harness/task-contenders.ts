import { agentTask, type MockAgent, startAgent } from "./agent.ts";
import { type ChildServer, startServer } from "./child-server.ts";
import { type MeasuredGateway, startGateway } from "./gateway.ts";
import { postRequest } from "./http-connection.ts";
import type { Cores } from "./machine.ts";

/** One way of getting a task to the agent. */
export interface TaskContender {
  name: string;
  port: number;
  request: Buffer;
  /** The server in between; undefined where there is none. */
  pid: number | undefined;
}

export interface TaskContenders {
  agent: MockAgent;
  gateway: MeasuredGateway;
  direct: TaskContender;
  proxy: TaskContender;
  anonymous: TaskContender;
  authenticated: TaskContender;
  /** With a key that may call this agent, for a day, from this address, at a price and within a budget. */
  scoped: TaskContender;
  stop(): Promise<void>;
}

/**
 * The agent itself, the bare proxy, and the gateway called without a key and with an organization's: 1 KiB each way.
 *
 * @param options.built whether the gateway runs as it is built and published
 * @param options.nodeOptions what Node.js is given beside
 */
export async function startTaskContenders(
  cores: Cores,
  options: { built?: boolean; nodeOptions?: string[] } = {},
): Promise<TaskContenders> {
  const agent = await startAgent(cores.load);
  const agentUrl = `http://127.0.0.1:${agent.port}`;
  const proxy = await startServer("bare-proxy.ts", { core: cores.server, env: { AGENT_URL: agentUrl } });
  const gateway = await startGateway({ agentPort: agent.port, core: cores.server, ...options });
  const servers: ChildServer[] = [gateway, proxy, agent];
  const authorization = `Bearer ${gateway.orgKey}`;
  return {
    agent,
    gateway,
    direct: { name: "direct", port: agent.port, request: postRequest("/a2a", agentTask), pid: undefined },
    proxy: { name: "bare proxy", port: proxy.port, request: postRequest("/a2a", agentTask), pid: proxy.pid },
    anonymous: {
      name: "gateway",
      port: gateway.port,
      request: postRequest(gateway.taskPath, agentTask),
      pid: gateway.pid,
    },
    authenticated: {
      name: "gateway, with a key",
      port: gateway.port,
      request: postRequest(gateway.taskPath, agentTask, { authorization }),
      pid: gateway.pid,
    },
    scoped: {
      name: "gateway, with a scoped key",
      port: gateway.port,
      request: postRequest(gateway.taskPath, agentTask, { authorization: `Bearer ${await gateway.scopedKey()}` }),
      pid: gateway.pid,
    },
    async stop() {
      for (const server of servers) await server.stop();
    },
  };
}
