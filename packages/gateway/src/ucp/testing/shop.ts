import type { Config } from "../../config/index.ts";
import type { EngineName } from "../../storage/index.ts";
import {
  type Answer,
  echo,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../testing/index.ts";
import { type Answer as OfficialAnswer, officialFaults } from "./official-schemas.ts";
import { answerFaults } from "./rules.ts";

/** The extension's name at the shop's public address. */
export const TASK = "com.example.gw.agent_task";

export interface Shop {
  gate: TestGateway;
  agent: TestAgent;
  /** Registers one more agent of the seller's. */
  sell(name: string, price: number, more?: object): Promise<string>;
  buyer: { id: string; key: string };
  seller: { id: string; key: string };
  /** What the agent does from now on. */
  does(answer: Answer): void;
  wallet(org?: { id: string }): Promise<{ balance: number; held: number }>;
  /** Calls the REST binding, on one node or another; answers are judged by the official schemas. */
  ucp(
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<{ status: number; body: any; headers: Headers }>;
  close(): Promise<void>;
}

export interface CallOptions {
  key?: string | null;
  headers?: Record<string, string>;
  node?: TestGateway;
}

/** A gateway that sells an agent's tasks to an organization with money. */
export async function startShop(engine: EngineName, overrides: Partial<Config> = {}): Promise<Shop> {
  const gate = await startTestGateway(engine, { publicUrl: "https://gw.example.com", topup: "open", ...overrides });
  let answer: Answer = echo;
  const agent = await startAgent((task, response, request) => answer(task, response, request));
  const limits = { tier: "enterprise", rate_limit: 1e6, rate_burst: 1e6 };
  const seller = await gate.createOrg("Seller", limits);
  const buyer = await gate.createOrg("Buyer", limits);
  await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 100 });
  return {
    gate,
    agent,
    seller,
    buyer,
    sell: async (name, price, more = {}) =>
      (await gate.register({ name, url: agent.url, price_per_task: price, ...more }, seller.key)).id,
    does: (next) => {
      answer = next;
    },
    wallet: async (org = buyer) => (await gate.call("GET", `/orgs/${org.id}/wallet`)).body,
    async ucp(method, path, body, { key = buyer.key, headers = {}, node = gate } = {}) {
      const response = await fetch(`${node.url}/ucp/v1${path}`, {
        method,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const told = text === "" ? undefined : JSON.parse(text);
      if (response.ok && !path.includes("/results/")) judge(path, told);
      return { status: response.status, body: told, headers: response.headers };
    },
    async close() {
      await gate.close();
      await agent.close();
    },
  };
}

/** @throws when an answer is not what the official schemas, and the rules beside them, say */
function judge(path: string, body: any): void {
  const kind = kindOf(path, body);
  const faults = [officialFaults(kind, body), ...answerFaults(body)].filter(Boolean).join("; ");
  if (faults) throw new Error(`${path} is no ${kind}: ${faults}\n${JSON.stringify(body, null, 1)}`);
}

function kindOf(path: string, body: any): OfficialAnswer {
  if (body.ucp?.status === "error") return "error";
  if (path.startsWith("/checkout-sessions")) return "checkout";
  if (path.startsWith("/orders")) return "order";
  return path.endsWith("/search") ? "search" : path.endsWith("/lookup") ? "lookup" : "product";
}

export const lineOf = (agentId: string, text: string | undefined = "Hello!", quantity = 1, item = "task") => ({
  item: { id: `agent_${agentId}:${item}` },
  quantity,
  ...(text !== undefined && { [TASK]: { message: { role: "ROLE_USER", parts: [{ text }] } } }),
});

/** What who completes a checkout sends: the wallet of an organization. */
export const paying = (orgId: string) => ({
  payment: { instruments: [{ id: `wallet:${orgId}`, handler_id: "gw_wallet", type: "wallet_balance" }] },
});
