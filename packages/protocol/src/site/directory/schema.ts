import { directoryLimits } from "./entry.ts";
import { directorySitesMax } from "./findings.ts";

const text = (maxLength: number, minLength = 0) => ({ type: "string", ...(minLength && { minLength }), maxLength });
const address = { type: "string", format: "uri", pattern: "^https?://", maxLength: 2048 };
const time = { type: "string", format: "date-time", maxLength: 40 };
const name = text(128, 1);
const description = text(10_000);
const listOf = (items: object, maxItems: number) => ({ type: "array", items, maxItems });
/** Other members may be there: a reader ignores those that it does not know. */
const objectOf = (properties: Record<string, object>, required: readonly string[]) => ({
  type: "object",
  properties,
  required,
});

/** The format as a JSON Schema (2020-12), which a gateway serves at {@link directorySchemaPath}. */
export const directorySchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Directory of agent-native sites",
  description: "agentgate.json, version 1: websites that agents can call, and what each can do.",
  ...objectOf(
    {
      $schema: text(2048),
      directory_version: { type: "string", pattern: "^1\\.\\d+$" },
      name: text(directoryLimits.name, 1),
      description,
      updated_at: { anyOf: [time, { type: "null" }] },
      next: { anyOf: [{ ...text(2048, 1), format: "uri-reference" }, { type: "null" }] },
      sites: listOf({ $ref: "#/$defs/site" }, directorySitesMax),
    },
    ["directory_version", "name", "updated_at", "sites", "next"],
  ),
  $defs: {
    site: objectOf(
      {
        url: address,
        name: text(directoryLimits.name, 1),
        description,
        version: text(50),
        agent_api_version: { type: "string", pattern: "^1\\b" },
        manifest_url: address,
        manifest_digest: { type: "string", pattern: "^sha256:[0-9a-f]{64}$" },
        auth: { enum: ["api_key", "bearer", "none"] },
        intents: listOf({ $ref: "#/$defs/intent" }, 1_000),
        flows: listOf({ $ref: "#/$defs/flow" }, 1_000),
        tags: listOf(text(64, 1), directoryLimits.tags),
        checked_at: time,
        gateway: objectOf({ agent_id: text(64), task_url: address, card_url: address }, ["agent_id", "task_url"]),
      },
      [
        ...["url", "name", "description", "agent_api_version", "manifest_url", "manifest_digest", "auth"],
        ...["intents", "flows", "checked_at"],
      ],
    ),
    intent: objectOf(
      {
        name,
        description,
        risk: { enum: ["low", "medium", "high"] },
        price: objectOf({ amount: { type: "string", pattern: "^\\d+(\\.\\d+)?$" }, currency: text(3, 3) }, [
          "amount",
          "currency",
        ]),
      },
      ["name", "description"],
    ),
    flow: objectOf({ name, description, orchestration: { enum: ["server", "client"] }, steps: listOf(name, 1_000) }, [
      "name",
      "description",
      "orchestration",
      "steps",
    ]),
  },
} as const;

/** Where a gateway serves it. */
export const directorySchemaPath = "/agentgate.schema.json";
