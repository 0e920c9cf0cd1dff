import { SKILL_ID_MAX } from "@agentgate/protocol";
import { z } from "zod";
import { visibilities } from "../access/index.ts";
import { headerKey, money, numeric, type Tag, text, uuid, withDefault } from "../http/index.ts";
import { agentProtocols, protocolSettings } from "./agent.ts";
import { wireApproval, wireProposal } from "./approval/fields.ts";
import { mcpChanges, mcpFields, skippedTools, wireServerTerms } from "./mcp/fields.ts";
import { SKILLS_MAX } from "./skills/skill-store.ts";
import { healthStates } from "./track-record.ts";

/** What an agent's record may hold, whoever says it: characters, and of skills how many and their bytes as JSON. */
export const recordLimits = {
  name: 255,
  url: 2_048,
  description: 10_000,
  version: 50,
  skills: 256,
  skillsBytes: 65_536,
} as const;

const name = text().min(1).max(recordLimits.name);
const url = text().min(1).max(recordLimits.url);
const description = text().max(recordLimits.description);
/** A version in YAML is often a number: `version: 1.0`. */
const version = z
  .preprocess(
    (value) => (typeof value === "number" && Number.isFinite(value) ? `${value}` : value),
    text().max(recordLimits.version),
  )
  .meta({ type: ["string", "number"] });
const skill = z.record(z.string(), z.unknown()).meta({
  id: "AgentSkill",
  description:
    "What an agent can do, in the words of its card: mostly `id`, `name`, `description` and `tags`; with a `price`, in US dollars, where it has one of its own",
});
const newSkill = z
  .looseObject({
    price: money().nullish().describe("US dollars; without one a task of the skill costs `price_per_task`"),
  })
  .meta({
    id: "NewAgentSkill",
    description:
      "What an agent can do, in the words of its card: mostly `id`, `name`, `description`, `tags` and, for callers that are models, `input_schema` and `output_schema`",
  });
const bytesOfJson = (value: unknown): number =>
  Buffer.byteLength(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}` : part)));
const skills = z
  .array(newSkill)
  .max(recordLimits.skills)
  .refine((value) => bytesOfJson(value) <= recordLimits.skillsBytes, {
    error: `Skills may take ${recordLimits.skillsBytes} bytes at most`,
  });
const prices = z
  .record(text().min(1).max(SKILL_ID_MAX), money())
  .refine((value) => Object.keys(value).length <= SKILLS_MAX, { error: `At most ${SKILLS_MAX} skills have prices` })
  .refine((value) => bytesOfJson(value) <= recordLimits.skillsBytes, {
    error: `Prices may take ${recordLimits.skillsBytes} bytes at most`,
  })
  .describe(
    "US dollars by the id of the skill, of those that have a price of their own: all of them. As `price` of each skill",
  );
const tags = z.array(text().min(1).max(64)).max(64);
const timeout = numeric(z.int().min(100).max(600_000));
const agentKey = headerKey().max(512);
const webhook = text().max(2048).describe("Where each completed task of the agent is told by a signed POST");
const card = {
  card_url: url.nullish().describe("Address of the agent's A2A card, which tells what is not given here"),
  card: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe(
      "The card itself, of an agent that does not publish it; its addresses are absolute, or relative to `card_url`",
    ),
};

/** Protocols that are to come. */
const protocol = z
  .enum(protocolSettings, { error: "A protocol is auto, plain, a2a, mcp or site" })
  .describe(
    "What the agent speaks: the plain contract; A2A, which takes a card; MCP, whose tools are its skills; or `site`: it is a website with an agent manifest. `auto`, the default, goes by what is found",
  );

const visibility = z
  .enum(visibilities)
  .describe(
    "Who sees the agent: everybody, the default; `org`: its organization alone; `granted`: those that it is granted to as well. " +
      "To all others there is no such agent",
  );

/** What the operations on agents are grouped as. */
export const agentsTag: Tag = {
  name: "Agents",
  description: "Register agents, find them, and say how the gateway shows itself to them",
};

/** What an agent is, by itself or by its card. */
const described = {
  name: name.nullish(),
  url: url.nullish(),
  ...card,
  description: description.nullish(),
  version: version.nullish(),
  skills: skills.nullish(),
  prices: prices.nullish(),
  protocol: protocol.nullish(),
};

/**
 * Body of `POST /agents/` (contract section 3). What an agent's card tells may be left out: with a `card`, a `card_url`, or a `url`
 * under which the card is found.
 */
export const agentCreation = z
  .object({
    ...described,
    tags: withDefault(tags, []),
    webhook_url: withDefault(webhook.nullable(), null),
    org_id: withDefault(uuid().nullable(), null),
    price_per_task: withDefault(money(), 0n),
    agent_api_key: withDefault(agentKey.nullable(), null),
    timeout_ms: withDefault(timeout.nullable(), null),
    visibility: visibility.nullish(),
    ...mcpFields,
  })
  .meta({ id: "NewAgent" });

/**
 * Body of `PUT /agents/{id}`: null and absent leave a field as it is; an empty webhook_url or agent_api_key clears it. With a card,
 * fields that are absent and still say what the old card said follow the new one.
 */
export const agentUpdate = z
  .object({
    ...described,
    tags: tags.nullish(),
    webhook_url: webhook.nullish(),
    price_per_task: money().nullish(),
    agent_api_key: agentKey.nullish(),
    timeout_ms: timeout.nullish(),
    visibility: visibility.nullish(),
    ...mcpChanges,
  })
  .meta({ id: "AgentChanges" });

/** The agent as answered, for the documentation. */
export const wireAgent = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    url: z.string(),
    version: z.string(),
    skills: z.array(skill),
    prices: z
      .record(z.string(), z.number())
      .optional()
      .describe("US dollars by the id of each skill that has a price of its own; absent where none has"),
    slug: z.string().describe("Begins the names of its tools; never changes"),
    tags: z.array(z.string()),
    webhook_url: z.string().nullable().describe("Shown to the owner and the admin only"),
    price_per_task: z
      .number()
      .describe(
        "US dollars: of a task that names no skill, or one without a price of its own. As much as the dearest skill at least",
      ),
    org_id: z.uuid().nullable(),
    deployed: z.boolean().describe("Whether the gateway runs the agent itself"),
    timeout_ms: z.int().nullable().describe("Milliseconds a task may take; null means the gateway's default"),
    protocol: z
      .enum(agentProtocols)
      .describe(
        "What the agent speaks: A2A, as its card says, the plain contract, MCP, or what a website's manifest says",
      ),
    protocol_setting: z.enum(protocolSettings).describe("What was said of that; `auto` follows what is found"),
    visibility: z.enum(visibilities).describe("Who sees it; to all others there is no such agent"),
    requires_key: z.boolean().describe("Whether callers need the agent's own key"),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    approval: wireApproval
      .optional()
      .describe("Shown to the owner and the admin, of agents about which somebody was asked"),
  })
  .meta({ id: "Agent" });

const proposed = {
  pending: wireProposal.optional().describe("What waits for approval; shown to the owner and the admin"),
  rejected: wireProposal.optional().describe("What was not approved last"),
};

/** The agent after something was decided of it. */
export const wireShownAgent = wireAgent.extend(proposed).meta({ id: "ShownAgent" });

/** The agent by itself. */
export const wireSingleAgent = wireAgent.extend({ ...proposed, ...wireServerTerms }).meta({ id: "SingleAgent" });

/** The agent after a change of it was refused. */
export const wireRefusedAgent = wireAgent.extend({ rejected: proposed.rejected }).meta({ id: "RefusedAgent" });

const webhookSecret = z
  .string()
  .optional()
  .describe("What signs its webhooks: shown this once, by the call that set `webhook_url`");

/** The agent as it was just registered: no change of it can wait yet. */
export const wireRegisteredAgent = wireAgent
  .extend({ webhook_secret: webhookSecret, skipped: skippedTools.optional() })
  .meta({ id: "RegisteredAgent" });

/** The agent as it was just changed. */
export const wireChangedAgent = wireAgent
  .extend({ ...proposed, ...wireServerTerms, webhook_secret: webhookSecret })
  .meta({ id: "ChangedAgent" });

const trackRecord = {
  health: z.enum(healthStates).describe("What the gateway's last look found"),
  p50_ms: z
    .number()
    .nullable()
    .describe("Milliseconds that half of its calls took at most, within 5 %; some minutes old, as what follows"),
  p95_ms: z.number().nullable(),
  success_30d: z.number().nullable().describe("From 0 to 1, not rounded; null without calls"),
  calls_30d: z.int(),
};

export const wireSearchItem = wireAgent
  .omit({ approval: true })
  .extend({ avg_rating: z.number().nullable(), review_count: z.int(), ...trackRecord })
  .meta({ id: "AgentSearchItem" });

/** An agent in the list of its organization's. */
export const wireListedAgent = wireAgent.extend(z.object(trackRecord).partial().shape).meta({ id: "ListedAgent" });
