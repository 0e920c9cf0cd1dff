import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { acceptedContent, inputRequired } from "@modelcontextprotocol/server";
import { serveExampleAgent } from "../../../examples/a2a-agent/serve.ts";
import { serveFoodpanda } from "../../../examples/foodpanda/serve.ts";
import {
  startSdkServer,
  type TestTool,
  testTools,
  textOf,
} from "../../../packages/gateway/src/mcp-servers/testing/sdk-server.ts";
import { startAgent, startTestGateway } from "../../../packages/gateway/src/testing/index.ts";

/** What the clients are told, as JSON in `INTEROP_STAND`. */
export interface McpStandFacts {
  /** The address of the caller's toolset. */
  mcp: string;
  /** Of an organization with money, of one without, of nobody. */
  keys: Record<"rich" | "poor" | "wrong", string>;
  /** Full names of tools at `mcp`. */
  tools: Record<"show" | "add" | "book" | "steps" | "search" | "start" | "paid" | "down", string>;
  /** Addresses of one agent each: an A2A agent, an MCP server of either era, and one of the legacy era with sessions. */
  agents: Record<"a2a" | "server" | "sessions", string>;
  /** Answers how many tasks the A2A agent was told to cancel, as a number. */
  cancelled: string;
}

export interface McpStand {
  facts: McpStandFacts;
  close(): Promise<void>;
}

/** A tool that asks, and one that tells how far it is. */
const serverTools = (): TestTool[] => [
  ...testTools(),
  {
    name: "book",
    description: "Books a table for a day that it asks for",
    inputSchema: { type: "object", properties: {} },
    run(_, { mcpReq }) {
      const day = acceptedContent<{ day: string }>(mcpReq.inputResponses, "day")?.day;
      if (day !== undefined) return textOf(`Booked for ${day}`);
      const requestedSchema = {
        type: "object" as const,
        properties: { day: { type: "string" as const } },
        required: ["day"],
      };
      return inputRequired({
        inputRequests: { day: inputRequired.elicit({ message: "Which day?", requestedSchema }) },
      });
    },
  },
  {
    name: "steps",
    description: "Takes three steps and tells of each",
    inputSchema: { type: "object", properties: {} },
    async run(_, { mcpReq }) {
      const progressToken = mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= 3 && progressToken !== undefined; progress++) {
        const params = { progressToken, progress, total: 3, message: `step ${progress}` };
        await mcpReq.notify({ method: "notifications/progress", params });
      }
      return textOf("three steps");
    },
  },
];

/** A gateway with a website, an A2A agent and MCP servers behind it, all of them real, and one organization that may call all of them. */
export async function startMcpStand(): Promise<McpStand> {
  const gate = await startTestGateway("sqlite", { mcpTaskAfterMs: 1_000 });
  let cancels = 0;
  const [worker, both, sessions, shop, echo, gone] = await Promise.all([
    serveExampleAgent({
      onRequest(request) {
        request.once("close", () => {
          if (/^(?:CancelTask|tasks\/cancel)$/.test(request.body?.method)) cancels++;
        });
      },
    }),
    startSdkServer(serverTools(), "both"),
    startSdkServer(serverTools(), "sessions"),
    serveFoodpanda(0),
    startAgent(),
    startAgent(),
  ]);
  const control = createServer((_, response) => response.end(`${cancels}`));
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  const agents = {
    worker: await gate.register({ name: "Worker", card_url: `${worker.url}/.well-known/agent-card.json` }),
    server: await gate.register({ name: "Server", protocol: "mcp", url: both.url }),
    sessions: await gate.register({ name: "Sessions", protocol: "mcp", url: sessions.url }),
    shop: await gate.register({ name: "Shop", protocol: "site", url: shop.url }),
    paid: await gate.register({ name: "Paid", url: echo.url, price_per_task: 0.05 }),
    down: await gate.register({ name: "Down", url: gone.url }),
  };
  await gone.close();
  const [rich, poor] = [await gate.createOrg("rich", FAST), await gate.createOrg("poor", FAST)];
  await gate.call("POST", `/orgs/${rich.id}/topup`, { amount: 100 });
  for (const { id, key } of [rich, poor]) {
    const toolset = Object.values(agents).map(({ id: agent }) => ({ agent }));
    const { status } = await gate.call("PUT", `/orgs/${id}/toolset`, toolset, key);
    if (status !== 200) throw new Error(`the toolset was not kept: ${status}`);
  }
  const at = ({ id }: { id: string }) => `${gate.url}/agents/${id}/mcp`;
  const named = ({ slug }: { slug: string }, skill: string) => `${slug}__${skill}`;
  return {
    facts: {
      mcp: `${gate.url}/mcp`,
      keys: { rich: rich.key, poor: poor.key, wrong: "nobodys-key" },
      tools: {
        show: named(agents.worker, "show"),
        ...{
          add: named(agents.server, "add"),
          book: named(agents.server, "book"),
          steps: named(agents.server, "steps"),
        },
        ...{ search: named(agents.shop, "search_dishes"), start: named(agents.shop, "track_order__initiate") },
        ...{ paid: named(agents.paid, "ask"), down: named(agents.down, "ask") },
      },
      agents: { a2a: at(agents.worker), server: at(agents.server), sessions: at(agents.sessions) },
      cancelled: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
    },
    async close() {
      await gate.close();
      control.close();
      await Promise.all([worker, both, sessions, shop, echo].map((server) => server.close()));
    },
  };
}

/** Of organizations that ask again and again. */
const FAST = { rate_limit: 1e6, rate_burst: 1e6 };
