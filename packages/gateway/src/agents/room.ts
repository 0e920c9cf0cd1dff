import type { z } from "zod";
import { adminPrincipal } from "../access/index.ts";
import { type AuditLog, byGateway } from "../audit/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import type { Leases } from "../leases/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import type { McpServers } from "../mcp-servers/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { Clock, Log, NetworkOf, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
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
import { ManifestFinder } from "./manifests/manifest-finder.ts";
import { AgentManifests } from "./manifests/manifest-store.ts";
import { ManifestWatch } from "./manifests/manifest-watch.ts";
import { RegisteredSites } from "./manifests/registered-sites.ts";
import { SiteIntake } from "./manifests/site-intake.ts";
import { SiteLooks } from "./manifests/site-looks.ts";
import { McpRegistration } from "./mcp/mcp-registration.ts";
import { McpTools } from "./mcp/mcp-tools.ts";
import { McpServerStore } from "./mcp/server-store.ts";
import { ServerWatch } from "./mcp/server-watch.ts";
import { AgentPreviews } from "./preview.ts";
import { previewRoutes } from "./preview-routes.ts";
import { AgentRegistry } from "./registry.ts";
import { reviewRoutes } from "./review-routes.ts";
import { Reviews } from "./reviews.ts";
import { agentRoutes } from "./routes.ts";
import { AgentSearch } from "./search.ts";
import { SkillRegistry } from "./skills/skill-registry.ts";
import { skillRoutes } from "./skills/skill-routes.ts";
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
  mcpServers: McpServers;
  leases: Leases;
  /** Of looks at agents that are not registered yet. */
  limiter: Pick<RateLimiter, "take">;
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
  sites: {
    manifests: AgentManifests;
    /** A site answered a call as if there were no such thing: it may tell otherwise by now. */
    doubt(agent: Agent): void;
  };
  forSale: AgentsForSale;
  search: AgentSearch;
  skills: SkillRegistry;
  /** The tools of agents that are MCP servers. */
  mcpTools: McpTools;
  reviews: Pick<Reviews, "list" | "stats">;
  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  /** Registers an agent that belongs to no organization, or updates the latest one of the same name. */
  ensure(fields: AgentFields): Promise<Agent>;
  routes: RouteDefinition[];
  start(): void;
  /** Waits for the cards that are being looked for, and for sites that are looked at. */
  close(): Promise<void>;
}

/** Who can be called: registered, found, described, reviewed. */
export function openAgents(options: AgentsRoomOptions): AgentsRoom {
  const { settings, storage, dialer, clock, random, timestamps, log } = options;
  const checkUrl = dialer.checkUrl.bind(dialer);
  const cards = new AgentCards(storage, timestamps);
  const finder = new CardFinder(dialer, clock);
  const intake = new CardIntake(finder, checkUrl, log);
  const manifests = new AgentManifests(storage);
  const sites = new SiteIntake(new ManifestFinder(dialer), checkUrl);
  const previews = new AgentPreviews({
    finder,
    sites,
    servers: options.mcpServers,
    dialer,
    checkUrl,
    limiter: options.limiter,
    clock,
  });
  const store = new AgentStore(storage);
  const webhooks = new AgentWebhooks(options.webhooks);
  const { approval } = settings;
  const { auditLog } = options;
  const grants = new Grants(options);
  const skills = new SkillRegistry(storage, clock);
  const credentialStore = new CredentialStore(options);
  const credentials = new StoredCredentials(credentialStore, dialer, clock);
  const { mcpServers: servers } = options;
  const serverStore = new McpServerStore(storage);
  const mcpTools = new McpTools({ servers, serverStore, store, skills, credentials, auditLog, clock, timestamps, log });
  const registration = new McpRegistration({
    ...{ servers, tools: mcpTools, credentials, credentialStore, checkUrl, timestamps },
  });
  const credentialsOf = (agent: Agent) => credentials.headersFor(agent.id, shareOwner(agent));
  const agents: AgentRegistry = new AgentRegistry({
    ...{ storage, store, random, timestamps, checkUrl, cards, intake, webhooks, auditLog, approval, grants },
    skills,
    sites: new RegisteredSites({ sites, manifests, skills, timestamps, credentialsOf }),
    mcp: { registration, tools: mcpTools },
  });
  agents.onRemoved((id) => servers.forget(id));
  const approvals = new Approvals({
    ...{ storage, store, cards, webhooks, auditLog, intake, timestamps },
    announcer: options.webhooks.announcer,
    onChanged: (agent) => agents.announce(agent),
  });
  const find = (id: string) => agents.find(id);
  const looks = new SiteLooks({ intake: sites, manifests, skills, credentials, find, clock, timestamps, log });
  const watch = new ManifestWatch({ manifests, looks, leases: options.leases, clock, log });
  const serverWatch = new ServerWatch({ ...options, servers, serverStore, tools: mcpTools, find });
  const search = new AgentSearch(storage, clock, grants);
  const reviews = new Reviews(storage, random, timestamps);
  // A root agent's card stands where the gateway's own document would.
  const hasRoot = settings.rootAgent === undefined;
  return {
    agents,
    cards,
    credentials,
    sites: { manifests, doubt: (agent) => looks.doubt(agent) },
    forSale: new AgentsForSale(storage, clock, grants),
    search,
    skills,
    mcpTools,
    reviews,
    lookingFor: (id) => intake.lookingFor(id),
    async ensure(fields) {
      const [existing] = (await search.byName(fields.name, { orgId: null, limit: 1 }, adminPrincipal)).agents;
      if (existing) return agents.update(existing.id, agentUpdate.parse(fields), byGateway);
      return agents.register(agentCreation.parse(fields), byGateway);
    },
    routes: [
      ...agentRoutes(agents, search, approvals),
      ...previewRoutes(previews),
      ...approvalRoutes(approvals),
      ...skillRoutes(agents, skills),
      ...reviewRoutes({ ...options, registry: agents, reviews, anonymous: settings.anonymousReviews }),
      ...webhookSecretRoutes(agents, options.webhooks.agentHooks),
      ...grantRoutes(agents, grants),
      ...credentialRoutes(agents, credentialStore, checkUrl),
      ...catalogRoutes(search, { url: options.publicUrl }),
      ...(hasRoot ? discoveryRoutes(search, { url: options.publicUrl, version: options.version }) : []),
    ],
    start() {
      watch.start();
      serverWatch.start();
    },
    async close() {
      await Promise.all([watch.close(), serverWatch.close()]);
      await intake.settled();
    },
  };
}
