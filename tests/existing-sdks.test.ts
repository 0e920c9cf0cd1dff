import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../packages/gateway/src/testing/index.ts";
import { promised } from "./testing/promised-answers.ts";
import { RawConnection } from "./testing/raw-connection.ts";
import { recordedRequests } from "./testing/recorded-requests.ts";

const text = expect.any(String);

/** What a method's answer is called among those that are promised, where that is not its name in words. */
const others: Record<string, string> = {
  getAgentVersions: "agents by name",
  getAgentLatest: "latest by name",
  getAgentCard: "agent card",
  getAgentHealth: "agent health",
  getAllHealth: "health of agents",
  getAgentLogs: "agent logs",
  getAgentUsage: "agent usage",
  getUsageBreakdown: "usage breakdown",
  listTags: "agent tags",
  getReviewStats: "review stats",
  listOrgAgents: "org agents",
  getOrgBilling: "org billing",
  getOrgBillingBreakdown: "billing breakdown",
  getOrgWallet: "wallet",
  topupOrg: "topup",
  changeOrgTier: "change tier",
  listOrgTransactions: "transactions",
  getOrgTransactionSummary: "transaction summary",
  rotateOrgKey: "rotate key",
  confirmOrgKeyRotation: "confirm rotation",
  discover: "discovery",
  ucpCatalog: "ucp catalog",
  ucpCheckoutCreate: "create checkout",
  ucpCheckoutGet: "get checkout",
  ucpCheckoutComplete: "complete checkout",
};
/** What is promised of the methods that no other recorded client calls. */
const more: Record<string, [status: number, body: object]> = {
  discover: [200, { name: "AgentGate", description: text, url: text, version: text, capabilities: {}, agents: [] }],
  updateAgent: [200, { name: "my-agent", description: "better" }],
  updateChain: [200, { name: "pipeline", description: "new", steps: [{ input_template: null }] }],
  ucpDiscover: [200, { ucp: { version: text } }],
  deployAgent: [
    201,
    {
      id: text,
      name: "deployed",
      url: "http://deployed.example",
      deployed: expect.any(Boolean),
      card_url: text,
      task_url: text,
    },
  ],
  getDeployStatus: [200, { agent_id: text, agent_name: "deployed", running: expect.any(Boolean), status: text }],
  getDeployLogs: [200, { agent_id: text, logs: text }],
  undeployAgent: [200, { status: "undeployed", agent_id: text }],
};

/**
 * The SDKs ask for a checkout without any key, and so could anybody who learned its id: what is asked for and what the payer has are its
 * payer's business, who gets them with its key.
 */
const NEEDS_KEY = "ucpCheckoutGet";

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const inWords = (method: string) => method.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const promiseOf = (name: string) => {
  const method = camelCase(name);
  return more[method] ?? promised[others[method] ?? inWords(method)];
};

describe.each([
  ["python-sdk", 51],
  ["typescript-sdk", 47],
])("%s", (sdk, methods) => {
  const recorded = recordedRequests(sdk);
  let gate: TestGateway;
  let upstream: TestAgent;
  beforeAll(async () => {
    gate = await startTestGateway("sqlite", { topup: "open", anonymousReviews: true });
    upstream = await startAgent();
  });
  afterAll(async () => {
    await gate.close();
    await upstream.close();
  });

  test("has each of its methods recorded", () => {
    expect(new Set(recorded.map(({ name }) => name)).size).toBe(methods);
    expect(recorded.filter(({ name }) => promiseOf(name) === undefined)).toEqual([]);
  });

  test("gets what it reads from every method", async () => {
    gate.clock.today();
    const connection = await RawConnection.open(gate.url);
    const ids: Record<string, string> = { "http://127.0.0.1:19999": upstream.url };
    let balance = 0;
    for (const { name, method, text } of recorded) {
      const bytes = Object.entries(ids).reduce((all, [recordedId, id]) => all.replaceAll(recordedId, id), text);
      const [status, body = {}] = promiseOf(name)!;
      if (camelCase(name) === NEEDS_KEY) expect.soft((await connection.exchange(bytes, method)).status, name).toBe(404);
      const answer = await connection.exchange(camelCase(name) === NEEDS_KEY ? withKey(bytes) : bytes, method);
      expect.soft(answer.status, `${name}: ${answer.body}`).toBe(status);
      expect.soft(answer.headers, name).not.toHaveProperty("location");
      if (status === 204) {
        expect.soft(answer.body, name).toBe("");
        continue;
      }
      const parsed = JSON.parse(answer.body);
      expect.soft(parsed, name).toMatchObject(body);
      if (/^topup/.test(name)) balance = parsed.new_balance;
      const kinds = {
        register: "1",
        create_org: "2",
        createOrg: "2",
        create_chain: "3",
        createChain: "3",
        deploy: "5",
      };
      for (const [start, digit] of Object.entries(kinds))
        if (name.startsWith(start)) ids[placeholder(digit)] = parsed.id;
      if (/checkout_?create$/i.test(name)) ids[placeholder("4")] = parsed.session_id;
    }
    expect(balance).toBe(50);
    connection.destroy();
  });
});

const withKey = (bytes: string) => bytes.replace("\r\n", "\r\nAuthorization: Bearer existing-client-org-key\r\n");

/** The recorded ids: one digit for each kind of record. */
const placeholder = (digit: string) =>
  [8, 4, 4, 4, 12]
    .map((length, part) => (part === 2 ? "4" : part === 3 ? "8" : digit) + digit.repeat(length - 1))
    .join("-");
