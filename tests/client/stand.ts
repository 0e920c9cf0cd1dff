import type { AgentGateClient } from "../../packages/client/src/index.ts";
import type { RawAgent } from "../../packages/gateway/src/a2a/testing/raw-agent.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../packages/gateway/src/testing/index.ts";
import { startA2aAgent } from "./a2a-agent.ts";
import { type Document, type Operation, operationsOf } from "./operations.ts";

/** What an operation was asked and answered. */
export interface Exchange {
  operation: Operation;
  status: number;
  /** Of JSON. */
  asked: unknown;
  /** Of JSON; text of anything else but streams. */
  answered: unknown;
}

type NewClient = new (
  url: string,
  options: { apiKey?: string; fetch: typeof fetch; retries: number },
) => AgentGateClient;

/** A gateway with agents of both kinds and organizations that buy and sell, with clients whose exchanges are noted. */
export interface Stand {
  gate: TestGateway;
  document: Document;
  exchanges: Exchange[];
  /** Speaks the plain contract, and writes down what it is told. */
  plain: TestAgent;
  a2a: RawAgent;
  admin: AgentGateClient;
  /** Owns agents. */
  owner: AgentGateClient;
  ownerId: string;
  /** Has money. */
  buyer: AgentGateClient;
  buyerId: string;
  anonymous: AgentGateClient;
  clientFor(key: string): AgentGateClient;
  name(): string;
  close(): Promise<void>;
}

export async function openStand(Client: NewClient): Promise<Stand> {
  const config = { approval: "new", topup: "open", anonymousReviews: true } as const;
  const [gate, plain, a2a] = await Promise.all([startTestGateway("sqlite", config), startAgent(), startA2aAgent()]);
  const { body: document } = await gate.call<Document>("GET", "/openapi.json", undefined, null);
  const exchanges: Exchange[] = [];
  const noted = notingFetch(document, exchanges);
  const clientFor = (apiKey?: string) =>
    new Client(gate.url, { ...(apiKey !== undefined && { apiKey }), fetch: noted, retries: 0 });
  const [owner, buyer] = await Promise.all([
    gate.createOrg("owner", { tier: "enterprise" }),
    gate.createOrg("buyer", { tier: "enterprise" }),
  ]);
  let made = 0;
  return {
    ...{ gate, document, exchanges, plain, a2a, clientFor },
    admin: clientFor(ADMIN_KEY),
    ...{ owner: clientFor(owner.key), ownerId: owner.id, buyer: clientFor(buyer.key), buyerId: buyer.id },
    anonymous: clientFor(),
    name: () => `thing ${++made}`,
    async close() {
      await gate.close();
      await Promise.all([plain.close(), a2a.close()]);
    },
  };
}

/** The global `fetch`, with what went over the wire noted. */
function notingFetch(document: Document, exchanges: Exchange[]): typeof fetch {
  // A path that is spelled out goes before one with a parameter in its place.
  const fixed = (path: string) => path.replace(/\{\w+\}/g, "").length;
  const known = operationsOf(document)
    .sort((a, b) => fixed(b.path) - fixed(a.path))
    .map((operation) => ({ operation, pattern: patternOf(operation.path) }));
  return async (url, init) => {
    const response = await fetch(url, init);
    const { pathname } = new URL(`${url}`);
    const method = init?.method ?? "GET";
    const found = known.find(({ operation, pattern }) => operation.method === method && pattern.test(pathname));
    if (!found) return response;
    const type = response.headers.get("content-type") ?? "";
    const text = type.startsWith("text/event-stream") ? "" : await response.clone().text();
    exchanges.push({
      operation: found.operation,
      status: response.status,
      asked: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
      answered: /[/+]json\b/.test(type) && text !== "" ? JSON.parse(text) : text,
    });
    return response;
  };
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);
