import type { JsonSchema } from "@agentgate/protocol/site";
import { protocols, visibilities } from "./agent-file.ts";
import type { FieldName } from "./fields.ts";
import { sessionSettings, trusts } from "./server-terms.ts";

const text = (description: string, maxLength: number) => ({ type: "string", minLength: 1, maxLength, description });
const address = (description: string) => ({ type: "string", pattern: "^[hH][tT][tT][pP][sS]?://.", description });
const oneOf = (names: readonly string[], description: string) => ({ enum: names, description });
const strings = { type: "array", items: { type: "string", minLength: 1 } };

/** US dollars: a number, or one in quotes. */
const dollars = {
  anyOf: [
    { type: "number", minimum: 0 },
    { type: "string", pattern: "^\\d*\\.?\\d+$" },
  ],
};
const prices = { type: "object", additionalProperties: dollars };

const fields: Readonly<Record<FieldName, JsonSchema>> = {
  name: text("What the agent is called.", 255),
  description: { type: "string", maxLength: 10_000, description: "What the agent does." },
  url: address("Where tasks are sent."),
  site: address("A website that speaks agentgate, in place of url and protocol."),
  mcp: address("An MCP server, in place of url and protocol."),
  protocol: oneOf(protocols, "What the agent speaks; auto leaves that to the gateway."),
  card: text("The A2A card: an address, or a file beside this one.", 4096),
  version: {
    description: "The agent's version, such as 1.0.0.",
    anyOf: [{ type: "string", minLength: 1, maxLength: 50 }, { type: "number" }],
  },
  skills: {
    type: "array",
    description: "What the agent can do.",
    items: {
      anyOf: [
        { type: "string", minLength: 1 },
        {
          type: "object",
          properties: {
            id: { description: "What tasks call the skill by." },
            name: { description: "What people call it." },
            description: { description: "What it does, for whoever chooses." },
            tags: { description: "Words to find it by." },
            price: { description: "US dollars, where it has a price of its own." },
          },
          anyOf: [{ required: ["id"] }, { required: ["name"] }],
        },
      ],
    },
  },
  tags: {
    type: "array",
    description: "Words to find the agent by.",
    items: { type: "string", minLength: 1, maxLength: 64 },
  },
  price_per_task: { ...dollars, description: "US dollars for a task; 0 is free." },
  prices: { ...prices, description: "US dollars by the id of a skill; whatever has none costs price_per_task." },
  tools: {
    type: "object",
    description: "Of an MCP server: which of its tools are offered, and what they cost.",
    properties: {
      include: { ...strings, minItems: 1, maxItems: 512, description: "The tools that are offered; all without it." },
      prices: { ...prices, description: "US dollars by the name of a tool." },
    },
    additionalProperties: false,
  },
  trust: oneOf(trusts, "Of an MCP server: pin has changed tools wait until they were looked at, auto takes them."),
  session: oneOf(sessionSettings, "Of an MCP server that keeps sessions: one for each caller, or one for all."),
  timeout_ms: {
    type: "integer",
    minimum: 100,
    maximum: 600_000,
    description: "How long a task may take, in milliseconds.",
  },
  visibility: oneOf(visibilities, "Who sees it: everybody, its organization, or those that it is granted to as well."),
  webhook_url: address("Each completed task is told there, signed."),
  agent_api_key: text("Callers of the agent must show it.", 512),
  org_id: {
    type: "string",
    pattern: "^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    description: "The organization that owns it; the admin may name any.",
  },
  command: {
    description: "What starts it: a line for the shell, or a list.",
    anyOf: [
      { type: "string", minLength: 1 },
      { type: "array", minItems: 1, items: { type: "string" } },
    ],
  },
  env: {
    type: "object",
    description: "Its environment where the gateway runs it; no secrets.",
    additionalProperties: { type: ["string", "number", "boolean"] },
  },
};

/** What editors complete and check an `agentgate.yaml` by; `parseAgentFile` says the last word. */
export const fileSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "agentgate.yaml",
  description: "An agent, as `agentgate deploy` registers it.",
  type: "object",
  properties: fields,
  additionalProperties: false,
  anyOf: ["name", "card", "site", "mcp"].map((name) => ({ required: [name] })),
};
