export { type Agent, agentProtocols, shareOwner, toWireAgent, toWireListed } from "./agent.ts";
export { agentAfter } from "./agent-list.ts";
export type { Registration } from "./agent-registration.ts";
export { AgentWebhooks } from "./agent-webhooks.ts";
export { isServing } from "./approval/approval.ts";
export { wireApproval } from "./approval/fields.ts";
export { approvalMember, refusalOf } from "./approval/told.ts";
export { CardFinder } from "./card-finder.ts";
export { CardIntake } from "./card-intake.ts";
export { AgentCards, isOfOneMoment, type StoredCard } from "./cards.ts";
export type { CheckUrl } from "./check-urls.ts";
export type { AgentCredential } from "./credential.ts";
export { CredentialStore, sealedCredentials } from "./credentials.ts";
export { discoveryTag } from "./discovery.ts";
export type { Facets } from "./facets.ts";
export { agentCreation as newAgent, agentUpdate as agentChanges, wireAgent, wireListedAgent } from "./fields.ts";
export type { Filters } from "./filters.ts";
export { type AgentForSale, AgentsForSale, type SaleFilter } from "./for-sale.ts";
export { Grants } from "./grants.ts";
export { AgentManifests, type StoredManifest } from "./manifests/manifest-store.ts";
export type { StandingTool } from "./manifests/standing.ts";
export type { McpServer } from "./mcp/mcp-server.ts";
export type { McpTools } from "./mcp/mcp-tools.ts";
export type { Sort } from "./page.ts";
export { AgentRegistry } from "./registry.ts";
export type { Reviews } from "./reviews.ts";
export { type AgentFields, type AgentsRoom, openAgents } from "./room.ts";
export { AgentSearch, type Found } from "./search.ts";
export { isSameToAll, type SeenAgent } from "./sight.ts";
export type { FoundChanges, Trust } from "./skills/found-skills.ts";
export {
  ASKED_MAX,
  type OfferedPage,
  type OfferedSkill,
  type OfferedSkills,
  type SkillFilter,
  type SkillsAsked,
} from "./skills/offered-skills.ts";
export { knownOnes, pricedSkills, type SkillPrices, skillIdsOf, toWirePrices } from "./skills/prices.ts";
export { type AgentSkill, priceOf, type SkillState, WHOLE_AGENT } from "./skills/skill.ts";
export type { SkillRegistry } from "./skills/skill-registry.ts";
export type { KeptSkill } from "./skills/skill-store.ts";
export { AGENTS_TOPIC } from "./store.ts";
export { type AgentCredentials, CredentialError, StoredCredentials } from "./stored-credentials.ts";
export type { TrackRecord } from "./track-record.ts";
export { isVisibleId } from "./visible.ts";
