import type { AgentSkill } from "@agentgate/protocol";
import { type AgentFile, protocols, visibilities } from "./agent-file.ts";
import { type ReadResult, readPrices, readTools, sessionSettings, trusts } from "./server-terms.ts";

/** Says with its address what the agent speaks. */
export const shorthands = ["site", "mcp"] as const;
export type Shorthand = (typeof shorthands)[number];

export interface FieldReader {
  /** What the client calls the field. */
  property: keyof AgentFile | Shorthand;
  /** @param source the value as it was written */
  read(value: unknown, source: string): ReadResult;
}

const found = (value: unknown) => `(found ${JSON.stringify(value)?.slice(0, 60) ?? typeof value})`;

const text =
  (charactersMax: number, { empty = false } = {}): FieldReader["read"] =>
  (value) => {
    if (typeof value !== "string") return { problem: `must be text ${found(value)}` };
    if (value === "" && !empty) return { problem: "must not be empty" };
    if (value.length > charactersMax) return { problem: `must have at most ${charactersMax} characters` };
    return { value };
  };

const webAddress: FieldReader["read"] = (value) => {
  const ok = typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value);
  return ok ? { value } : { problem: `must be an address that starts with http:// or https:// ${found(value)}` };
};

const addressOrFile: FieldReader["read"] = (value, source) =>
  typeof value === "string" && /^[a-z][a-z0-9+.-]*:\/\//i.test(value)
    ? webAddress(value, source)
    : text(4096)(value, source);

/** `version: 1.10` is a number to YAML; what counts is what was written. */
const version: FieldReader["read"] = (value, source) =>
  typeof value === "number" ? { value: source } : text(50)(value, source);

const skills: FieldReader["read"] = (value) => {
  if (!Array.isArray(value)) return { problem: `must be a list ${found(value)}` };
  const list: AgentSkill[] = [];
  for (const [index, skill] of value.entries()) {
    if (typeof skill === "string" && skill !== "") list.push({ id: skill, name: skill });
    else if (typeof skill !== "object" || skill === null || Array.isArray(skill)) {
      return { problem: `entry ${index + 1} must be a name, or fields such as "id: chat" ${found(skill)}` };
    } else if (skill.id === undefined && skill.name === undefined) {
      return { problem: `entry ${index + 1} needs an id` };
    } else list.push(skill);
  }
  return { value: list };
};

const tags: FieldReader["read"] = (value) => {
  if (!Array.isArray(value)) return { problem: `must be a list, such as [demo, text] ${found(value)}` };
  const wrong = value.find((tag) => typeof tag !== "string" || tag === "" || tag.length > 64);
  return wrong === undefined ? { value } : { problem: `must be short texts ${found(wrong)}` };
};

const price: FieldReader["read"] = (value, source) => {
  // A number is written as people write one: to YAML, 0x10 and 1e3 are numbers too.
  const dollars = typeof value === "string" ? Number(value) : value;
  const ok =
    /^\d*\.?\d+$/.test(source.trim()) && typeof dollars === "number" && Number.isFinite(dollars) && dollars >= 0;
  return ok ? { value: dollars } : { problem: `must be an amount of dollars, 0 or more ${found(value)}` };
};

const milliseconds: FieldReader["read"] = (value, source) =>
  typeof value === "number" && /^\d+$/.test(source.trim()) && value >= 100 && value <= 600_000
    ? { value }
    : { problem: `must be milliseconds, from 100 to 600000 ${found(value)}` };

const oneOf =
  (names: readonly string[]): FieldReader["read"] =>
  (value) =>
    names.some((one) => one === value) ? { value } : { problem: `must be ${spoken(names)} ${found(value)}` };

const spoken = (names: readonly string[]) => (names.length === 2 ? names.join(" or ") : names.join(", "));

const id: FieldReader["read"] = (value) => {
  const ok = typeof value === "string" && /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value);
  return ok ? { value } : { problem: `must be the id of an organization ${found(value)}` };
};

const command: FieldReader["read"] = (value) => {
  const isList = Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string");
  return isList || (typeof value === "string" && value !== "")
    ? { value }
    : { problem: `must be a line for the shell, or a list such as [node, server.mjs] ${found(value)}` };
};

const env: FieldReader["read"] = (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { problem: `must hold lines such as "MODEL: small" ${found(value)}` };
  const wrong = Object.entries(value).find(([, one]) => !["string", "number", "boolean"].includes(typeof one));
  return wrong ? { problem: `must be texts; ${wrong[0]} is none` } : { value };
};

/** Every field of an `agentgate.yaml`. */
export const readers = {
  name: { property: "name", read: text(255) },
  description: { property: "description", read: text(10_000, { empty: true }) },
  url: { property: "url", read: webAddress },
  site: { property: "site", read: webAddress },
  mcp: { property: "mcp", read: webAddress },
  protocol: { property: "protocol", read: oneOf(protocols) },
  card: { property: "cardPlace", read: addressOrFile },
  version: { property: "version", read: version },
  skills: { property: "skills", read: skills },
  tags: { property: "tags", read: tags },
  price_per_task: { property: "pricePerTask", read: price },
  prices: { property: "prices", read: (value) => readPrices(value) },
  tools: { property: "tools", read: readTools },
  trust: { property: "trust", read: oneOf(trusts) },
  session: { property: "session", read: oneOf(sessionSettings) },
  timeout_ms: { property: "timeoutMs", read: milliseconds },
  visibility: { property: "visibility", read: oneOf(visibilities) },
  webhook_url: { property: "webhookUrl", read: webAddress },
  agent_api_key: { property: "agentApiKey", read: text(512) },
  org_id: { property: "orgId", read: id },
  command: { property: "command", read: command },
  env: { property: "env", read: env },
} as const satisfies Record<string, FieldReader>;

export type FieldName = keyof typeof readers;

/** The agent under the file's own names, in its order; fields that are not there are left out. */
export function toFileFields(agent: AgentFile): Partial<Record<FieldName, unknown>> {
  const entries = Object.entries(readers).map(
    ([field, { property }]) => [field, (agent as Record<string, unknown>)[property]] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
