import type { Agent } from "../agent.ts";
import { pricesOf } from "../skills/prices.ts";

/**
 * What of an agent's record is approved, by its name on the wire: everything that decides what is called, in which language and at what
 * price, and what others are told of it. The rest is its owner's own business and takes effect at once: where its webhooks go, the key
 * that it asks callers for, the credential that it is shown, and how long it may take.
 */
const NAMES = {
  name: "name",
  description: "description",
  url: "url",
  version: "version",
  skills: "skills",
  tags: "tags",
  pricePerTask: "price_per_task",
  prices: "prices",
  protocol: "protocol",
  protocolSetting: "protocol_setting",
  deployed: "deployed",
} as const satisfies Partial<Record<keyof Agent, string>>;

export type PinnedField = keyof typeof NAMES;
export const pinnedFields = Object.keys(NAMES) as PinnedField[];
export const wireNameOf = (field: PinnedField): string => NAMES[field];

/** Some of these, as they are to be. */
export type PinnedFields = Partial<Pick<Agent, PinnedField>>;

/** Which of them differ. */
export const pinnedDifferences = (before: Agent, after: Agent): PinnedField[] =>
  pinnedFields.filter((field) => textOf(before[field]) !== textOf(after[field]));

export const pick = (agent: Agent, fields: readonly PinnedField[]): PinnedFields =>
  Object.fromEntries(fields.map((field) => [field, agent[field]]));

/** As JSON: money as a text, whole. */
export const toJson = (fields: PinnedFields): string => JSON.stringify(fields, plain);

export function fromJson(text: string): PinnedFields {
  const { pricePerTask, prices, ...fields } = JSON.parse(text);
  return {
    ...fields,
    ...(pricePerTask !== undefined && { pricePerTask: BigInt(pricePerTask) }),
    ...(prices !== undefined && { prices: pricesOf(prices) }),
  };
}

const textOf = (value: unknown): string => JSON.stringify(value, plain);

/** What JSON does not know: money, and what is found by a name. The same set of names is the same text. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  return value instanceof Map ? Object.fromEntries([...value].sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
