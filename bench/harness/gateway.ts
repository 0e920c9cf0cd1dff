import { temporaryDirectory } from "@agentgate/testing";
import { type ChildServer, startServer } from "./child-server.ts";

const ADMIN_KEY = "bench-admin-key";

export interface MeasuredGateway extends ChildServer {
  /** Where tasks for the mock agent go: a free agent, public. */
  taskPath: string;
  agentId: string;
  /** Key of an organization that is known but never limited. */
  orgKey: string;
  /** Calls that the gateway's log has for the agent. */
  callsLogged(): Promise<number>;
}

/** A gateway on an empty data directory that knows one agent; its rate limits are on and too wide to bite. */
export async function startGateway(options: {
  agentPort: number;
  core: number | undefined;
  nodeOptions?: string[];
}): Promise<MeasuredGateway> {
  const data = temporaryDirectory("bench-data");
  const { agentPort, ...where } = options;
  const server = await startServer("gateway.ts", { ...where, env: gatewayEnv(data.path) });
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string; api_key: string; total_invocations: number };
  };
  const org = await call("POST", "/orgs/", { name: "Bench", rate_limit: 1_000_000, rate_burst: 1_000_000 });
  const agent = await call("POST", "/agents/", { name: "mock", url: `http://127.0.0.1:${agentPort}` });
  return {
    ...server,
    agentId: agent.id,
    taskPath: `/agents/${agent.id}/task`,
    orgKey: org.api_key,
    callsLogged: async () => (await call("GET", `/agents/${agent.id}/usage`)).total_invocations,
    async stop() {
      await server.stop();
      data.remove();
    },
  };
}

/** The settings of a measured gateway; everything else is as shipped. */
export const gatewayEnv = (dataDirectory: string): Record<string, string> => ({
  AGENTGATE_PORT: "0",
  AGENTGATE_DATA_DIR: dataDirectory,
  AGENTGATE_API_KEY: ADMIN_KEY,
  AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
  AGENTGATE_RATE_LIMIT: "1000000",
  AGENTGATE_RATE_BURST: "1000000",
});
