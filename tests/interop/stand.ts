import { type ExampleAgent, serveExampleAgent } from "../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../../packages/gateway/src/testing/index.ts";

/** What the clients are told, as JSON in `INTEROP_STAND`. */
export interface StandFacts {
  gateway: string;
  /** Addresses below the gateway: of agents that speak both versions, 0.3 alone, 1.0 alone; keyed and priced ones. */
  agents: Record<"both" | "legacy" | "current" | "keyed" | "priced", string>;
  /** Where notifications may go; nobody listens there. */
  webhook: string;
}

export interface Stand {
  facts: StandFacts;
  close(): Promise<void>;
}

/** A gateway before agents of each version, made with the official SDK. */
export async function startStand(): Promise<Stand> {
  const gate: TestGateway = await startTestGateway();
  const served: ExampleAgent[] = [];
  const register = async (versions: ("1.0" | "0.3")[], fields: Record<string, unknown> = {}) => {
    const agent = await serveExampleAgent({ versions });
    served.push(agent);
    const card_url = `${agent.url}/.well-known/agent-card.json`;
    const { id } = await gate.register({ card_url, ...fields });
    return `${gate.url}/agents/${id}`;
  };
  const agents = {
    both: await register(["1.0", "0.3"]),
    legacy: await register(["0.3"]),
    current: await register(["1.0"]),
    keyed: await register(["1.0", "0.3"], { agent_api_key: "a-key-of-its-own" }),
    priced: await register(["1.0", "0.3"], { price_per_task: 0.5 }),
  };
  return {
    facts: { gateway: gate.url, agents, webhook: "http://127.0.0.1:8999/hook" },
    async close() {
      await gate.close();
      for (const agent of served) await agent.close();
    },
  };
}
