import {
  AgentCalls,
  AgentHealthCalls,
  ApprovalCalls,
  CardCalls,
  CredentialCalls,
  DirectoryCalls,
  GrantCalls,
  ReviewCalls,
} from "./agents/index.ts";
import { UsageCalls } from "./calls/index.ts";
import { ChainCalls } from "./chains/index.ts";
import { CheckoutCalls, PurchaseCalls } from "./commerce/index.ts";
import { DeploymentCalls } from "./deployments/index.ts";
import { DiscoveryCalls } from "./discovery/index.ts";
import { type Fetch, GatewayRoom, type GatewayTiming, GatewayTransport } from "./http/index.ts";
import { BillingCalls, TransactionCalls, WalletCalls } from "./money/index.ts";
import { AuditCalls, OperatorCalls } from "./operator/index.ts";
import { OrgCalls, SessionCalls } from "./orgs/index.ts";
import { TaskCalls } from "./tasks/index.ts";
import { WebhookDeliveryCalls, WebhookEndpointCalls } from "./webhooks/index.ts";

declare global {
  interface SymbolConstructor {
    /** For programs whose TypeScript settings do not have it; as it is declared there. */
    readonly asyncDispose: unique symbol;
  }
}

export interface AgentGateClientOptions {
  /** Where the gateway is: `https://gateway.example` */
  baseUrl: string;
  /** The admin key or an organization's. Public calls need none. */
  apiKey?: string | undefined;
  /** Instead of the global one. */
  fetch?: Fetch | undefined;
  /** Milliseconds a call may take with its repetitions; 30,000 by default, a little more than the gateway gives an agent. */
  timeoutMs?: number | undefined;
  /** How often a call is repeated where that is safe; 2 by default, 0 for never. */
  retries?: number | undefined;
  /** Largest answer, or event of a stream, in characters; 33,554,432 by default. A larger one is `invalid_response`. */
  answerCharactersMax?: number | undefined;
  /** Entries of a list that is read page by page without a `limit`; 200,000 by default. A longer one is `invalid_response`. */
  entriesMax?: number | undefined;
  /** Clock and chance; for tests. */
  timing?: Partial<GatewayTiming> | undefined;
}

const rooms = [
  ...[DirectoryCalls, AgentCalls, GrantCalls, ApprovalCalls, CredentialCalls, CardCalls, ReviewCalls],
  ...[AgentHealthCalls, TaskCalls, UsageCalls, OrgCalls, SessionCalls, WalletCalls, TransactionCalls, BillingCalls],
  ...[CheckoutCalls, PurchaseCalls, ChainCalls, WebhookEndpointCalls, WebhookDeliveryCalls, DeploymentCalls],
  ...[AuditCalls, OperatorCalls, DiscoveryCalls],
];

/** Its calls, each in the room of what it is about. */
export interface AgentGateClient
  extends DirectoryCalls,
    AgentCalls,
    GrantCalls,
    ApprovalCalls,
    CredentialCalls,
    CardCalls,
    ReviewCalls,
    AgentHealthCalls,
    TaskCalls,
    UsageCalls,
    OrgCalls,
    SessionCalls,
    WalletCalls,
    TransactionCalls,
    BillingCalls,
    CheckoutCalls,
    PurchaseCalls,
    ChainCalls,
    WebhookEndpointCalls,
    WebhookDeliveryCalls,
    DeploymentCalls,
    AuditCalls,
    OperatorCalls,
    DiscoveryCalls {}

/**
 * Calls an AgentGate gateway. Answers are the gateway's records as they are on the wire; every method throws
 * {@link GatewayError} when the gateway refuses or cannot be reached.
 *
 * @example
 * await using gateway = new AgentGateClient("https://gateway.example", { apiKey: "ag_…" });
 * const [agent] = await gateway.listAgents({ skill: "echo" });
 * console.log(textOf(await gateway.sendTask(agent.id, "Hello!")));
 */
export class AgentGateClient extends GatewayRoom {
  /** @throws TypeError when the URL is not an http(s) URL */
  constructor(url: string | URL, options?: Omit<AgentGateClientOptions, "baseUrl">);
  constructor(options: AgentGateClientOptions);
  constructor(given: string | URL | AgentGateClientOptions, options?: Omit<AgentGateClientOptions, "baseUrl">) {
    const isUrl = typeof given === "string" || given instanceof URL;
    super(new GatewayTransport(isUrl ? { ...options, baseUrl: `${given}` } : given));
  }

  /** Ends what is under way, with the code `closed`; no call can be made from then on. */
  async close(): Promise<void> {
    this.http.close();
  }

  /** What `await using` does at the end of its block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

for (const { prototype } of rooms) {
  const { constructor: _, ...calls } = Object.getOwnPropertyDescriptors(prototype);
  Object.defineProperties(AgentGateClient.prototype, calls);
}
