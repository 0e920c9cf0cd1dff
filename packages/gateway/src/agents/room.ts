import type { z } from "zod";
import { adminPrincipal } from "../access/index.ts";
import { type AuditLog, byGateway } from "../audit/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { Clock, Log, NetworkOf, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import type { Agent } from "./agent.ts";
import { webhookSecretRoutes } from "./agent-webhook-routes.ts";
import { AgentWebhooks } from "./agent-webhooks.ts";
import type { ApprovalMode } from "./approval/approval.ts";
import { Approvals } from "./approval/approvals.ts";
import { approvalRoutes } from "./approval/routes.ts";
import { CardFinder } from "./card-finder.ts";
import { CardIntake } from "./card-intake.ts";
import { AgentCards } from "./cards.ts";
import { catalogRoutes } from "./catalogs.ts";
import { credentialRoutes } from "./credential-routes.ts";
import { CredentialStore } from "./credentials.ts";
import { discoveryRoutes } from "./discovery.ts";
import { agentCreation, agentUpdate } from "./fields.ts";
import { AgentsForSale } from "./for-sale.ts";
import { grantRoutes } from "./grant-routes.ts";
import { Grants } from "./grants.ts";
import { AgentRegistry } from "./registry.ts";
import { reviewRoutes } from "./review-routes.ts";
import { Reviews } from "./reviews.ts";
import { agentRoutes } from "./routes.ts";
import { AgentSearch } from "./search.ts";
import { AgentStore } from "./store.ts";
import { type AgentCredentials, StoredCredentials } from "./stored-credentials.ts";

/** What the room reads of the gateway's settings. */
export interface AgentsSettings {
  anonymousReviews: boolean;
  rootAgent: string | undefined;
  /** What needs approval. */
  approval: ApprovalMode;
}

export interface AgentsRoomOptions {
  settings: AgentsSettings;
  storage: Storage;
  dialer: Dialer;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  networkOf: NetworkOf;
  webhooks: Pick<WebhooksRoom, "agentHooks" | "announcer">;
  auditLog: AuditLog;
  /** Whether the agent has done a task for this caller; see `CallLogRoom`. */
  hasServed(agentId: string, caller: string): Promise<boolean>;
  /** Where callers reach the gateway. */
  publicUrl(): string;
  version: string;
}

/** What is said of an agent that the gateway's own process registers; as in `POST /agents/`. */
export type AgentFields = z.input<typeof agentCreation> & { name: string };

export interface AgentsRoom {
  agents: AgentRegistry;
  cards: AgentCards;
  credentials: AgentCredentials;
  forSale: AgentsForSale;
  search: AgentSearch;
  reviews: Pick<Reviews, "list" | "stats">;
  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  /** Registers an agent that belongs to no organization, or updates the latest one of the same name. */
  ensure(fields: AgentFields): Promise<Agent>;
  routes: RouteDefinition[];
  /** Waits for the cards that are being looked for. */
  close(): Promise<void>;
}

/** Who can be called: registered, found, described, reviewed. */
export function openAgents(options: AgentsRoomOptions): AgentsRoom {
  const { settings, storage, dialer, clock, random, timestamps, log } = options;
  const checkUrl = dialer.checkUrl.bind(dialer);
  const cards = new AgentCards(storage, timestamps);
  const intake = new CardIntake(new CardFinder(dialer, clock), checkUrl, log);
  const store = new AgentStore(storage);
  const webhooks = new AgentWebhooks(options.webhooks);
  const { approval } = settings;
  const { auditLog } = options;
  const grants = new Grants(options);
  const agents = new AgentRegistry({
    ...{ storage, store, random, timestamps, checkUrl, cards, intake, webhooks, auditLog, approval, grants },
  });
  const approvals = new Approvals({
    ...{ storage, store, cards, webhooks, auditLog, intake, timestamps },
    announcer: options.webhooks.announcer,
    onChanged: (agent) => agents.announce(agent),
  });
  const credentialStore = new CredentialStore(options);
  const search = new AgentSearch(storage, clock, grants);
  const reviews = new Reviews(storage, random, timestamps);
  // A root agent's card stands where the gateway's own document would.
  const hasRoot = settings.rootAgent === undefined;
  return {
    agents,
    cards,
    credentials: new StoredCredentials(credentialStore, dialer, clock),
    forSale: new AgentsForSale(storage, clock, grants),
    search,
    reviews,
    lookingFor: (id) => intake.lookingFor(id),
    async ensure(fields) {
      const [existing] = (await search.byName(fields.name, { orgId: null, limit: 1 }, adminPrincipal)).agents;
      if (existing) return agents.update(existing.id, agentUpdate.parse(fields), byGateway);
      return agents.register(agentCreation.parse(fields), byGateway);
    },
    routes: [
      ...agentRoutes(agents, search, approvals),
      ...approvalRoutes(approvals),
      ...reviewRoutes({ ...options, registry: agents, reviews, anonymous: settings.anonymousReviews }),
      ...webhookSecretRoutes(agents, options.webhooks.agentHooks),
      ...grantRoutes(agents, grants),
      ...credentialRoutes(agents, credentialStore, checkUrl),
      ...catalogRoutes(search, { url: options.publicUrl }),
      ...(hasRoot ? discoveryRoutes(search, { url: options.publicUrl, version: options.version }) : []),
    ],
    close: () => intake.settled(),
  };
}
