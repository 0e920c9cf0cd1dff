import { temporaryDirectory } from "@agentgate/testing";
import { type ChildServer, type ServerOptions, startServer } from "./child-server.ts";

const ADMIN_KEY = "bench-admin-key";

/** What `agentgate serve` and `npm start` give Node.js. */
const SERVING = ["--max-semi-space-size=8", "--v8-pool-size=1"];

export interface MeasuredGateway extends ChildServer {
  /** Where tasks for the mock agent go: a free agent, public. */
  taskPath: string;
  agentId: string;
  /** Key of an organization that is known but never limited. */
  orgKey: string;
  /** Another key of it, with all that a key may be bounded by: a budget as well, which a free task does not touch. */
  scopedKey(): Promise<string>;
  /** Registers another agent, as `POST /agents/` takes it. Answers its id. */
  register(fields: object): Promise<string>;
  /** Calls that the gateway's log has for an agent; the mock agent, unless another is named. */
  callsLogged(agentId?: string): Promise<number>;
  /** Where paid tasks go: the same agent at a price, paid by the organization. */
  paidTaskPath: string;
  /** Tasks that the organization has paid for, by its wallet; and what a walk through the ledger found wrong. */
  tasksPaid(): Promise<number>;
  ledgerProblems(): Promise<unknown[]>;
}

const PRICE = 0.001;
const FUNDS = 1_000_000;

export interface GatewayOptions extends Omit<ServerOptions, "env"> {
  agentPort: number;
  /** PostgreSQL, instead of the embedded database. */
  databaseUrl?: string;
  /** Settings beside the usual ones. */
  env?: Record<string, string>;
}

/** A gateway on an empty data directory that knows one agent; its rate limits are on and too wide to bite. */
export async function startGateway(options: GatewayOptions): Promise<MeasuredGateway> {
  const data = temporaryDirectory("bench-data");
  const { agentPort, databaseUrl, env: more, nodeOptions = [], ...where } = options;
  const env = { ...gatewayEnv(data.path), ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }), ...more };
  const server = await startServer("gateway.js", { ...where, env, nodeOptions: [...SERVING, ...nodeOptions] });
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as GatewayReply;
  };
  const org = await call("POST", "/orgs/", { name: "Bench", rate_limit: 1_000_000, rate_burst: 1_000_000 });
  const agent = await call("POST", "/agents/", { name: "mock", url: `http://127.0.0.1:${agentPort}` });
  const priced = await call("POST", "/agents/", { name: "priced", url: agent.url, price_per_task: PRICE });
  await call("POST", `/orgs/${org.id}/topup`, { amount: FUNDS });
  const bounds = { agents: [agent.id, priced.id], per_call_max: 1, expires_in: 86_400, ip_allow: ["127.0.0.0/8"] };
  const budgets = [{ amount: FUNDS, period: "day" }];
  const scoped = { name: "scoped", scopes: ["tasks:call"], ...bounds, budgets };
  return {
    ...server,
    agentId: agent.id,
    taskPath: `/agents/${agent.id}/task`,
    orgKey: org.api_key,
    // Made when it is asked for: a checkout that this one is compared with may know no such keys.
    scopedKey: async () => (await call("POST", `/orgs/${org.id}/keys`, scoped)).key,
    register: async (fields) => (await call("POST", "/agents/", fields)).id,
    callsLogged: async (id = agent.id) => (await call("GET", `/agents/${id}/usage`)).total_invocations,
    paidTaskPath: `/agents/${priced.id}/task`,
    tasksPaid: async () => Math.round((FUNDS - (await call("GET", `/orgs/${org.id}/wallet`)).balance) / PRICE),
    ledgerProblems: async () => (await call("GET", "/admin/ledger/verify")).problems,
    async stop() {
      await server.stop();
      data.remove();
    },
  };
}

interface GatewayReply {
  id: string;
  url: string;
  api_key: string;
  key: string;
  total_invocations: number;
  balance: number;
  problems: unknown[];
}

/** The settings of a measured gateway; everything else is as shipped. */
export const gatewayEnv = (dataDirectory: string): Record<string, string> => ({
  AGENTGATE_PORT: "0",
  AGENTGATE_DATA_DIR: dataDirectory,
  AGENTGATE_API_KEY: ADMIN_KEY,
  AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
  AGENTGATE_RATE_LIMIT: "1000000",
  AGENTGATE_RATE_BURST: "1000000",
  AGENTGATE_CONNECTIONS_PER_ADDRESS: "1000000",
});
