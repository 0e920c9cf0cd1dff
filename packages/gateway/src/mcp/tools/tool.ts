import { formatMicroDollars, META_PREFIX, type MicroDollars } from "@agentgate/protocol";
import type { JsonObject } from "@agentgate/protocol/a2a";
import type { Agent, AgentSkill } from "../../agents/index.ts";
import type { Era } from "../wire/message.ts";
import { cleanJson, cleanText, shortened } from "./clean-text.ts";

/** One thing that an agent does, as a tool. */
export interface AgentTool {
  readonly agent: Agent;
  /** On the agent's own address. */
  readonly name: string;
  /** On the gateway's: the agent's slug before it. */
  readonly fullName: string;
  /** Undefined where the agent is just asked. */
  readonly skillId: string | undefined;
  readonly title: string | undefined;
  readonly description: string;
  /** The skill's own; undefined where it takes a message. */
  readonly inputSchema: JsonObject | undefined;
  readonly outputSchema: unknown;
  readonly annotations: JsonObject | undefined;
  readonly price: MicroDollars;
  /** Of all that a model reads of it. */
  readonly digest: string;
  /** `live` is offered; `changed` reads otherwise upstream than it was approved, and is not called. */
  readonly state: AgentSkill["state"];
}

const DESCRIPTION_LENGTH_MAX = 1_024;
const TITLE_LENGTH_MAX = 128;

/** What a skill without a schema of its own takes. */
export const messageSchema = {
  type: "object",
  properties: {
    message: { type: "string", description: "What the agent is told" },
    data: { description: "JSON that goes along" },
    task_id: { type: "string", description: "The task that this goes on with, from an earlier result" },
    context_id: { type: "string", description: "The conversation that this belongs to, from an earlier result" },
  },
  required: ["message"],
  additionalProperties: false,
} as const;

/** What goes on with a task, in place of a skill's own arguments. */
export const continuationSchema = {
  type: "object",
  properties: {
    task_id: { type: "string" },
    message: { type: "string" },
    data: {},
    context_id: { type: "string" },
  },
  required: ["task_id"],
  additionalProperties: false,
} as const;

/** Dollars as a price tag: no more zeros than there are cents. */
export const dollars = (amount: MicroDollars): string => formatMicroDollars(amount).replace(/(\.\d\d)0+$/, "$1");

const priceWords = ({ price }: AgentTool): string => (price > 0n ? `Costs $${dollars(price)} per call.` : "Free.");

/** The tool as the protocol has it. Undefined for one whose schema hides something in a name. @param name by which it is called here */
export function wireTool(tool: AgentTool, name: string, era: Era): JsonObject | undefined {
  const { agent, price } = tool;
  const inputSchema = tool.inputSchema ? (cleanJson(tool.inputSchema) as JsonObject | undefined) : messageSchema;
  const outputSchema = outputOf(tool, era);
  const annotations = tool.annotations && cleanJson(tool.annotations);
  if (!inputSchema || (tool.outputSchema !== undefined && outputSchema === undefined && era.isModern)) return undefined;
  const words = priceWords(tool);
  const told = cleanText(tool.description).trim();
  const said = /[\p{L}\p{N})\]"'\u0060]$/u.test(told) ? `${told}.` : told;
  const description = said === "" ? words : `${shortened(said, DESCRIPTION_LENGTH_MAX - words.length - 1)} ${words}`;
  const title = tool.title === undefined ? "" : shortened(cleanText(tool.title).trim(), TITLE_LENGTH_MAX);
  return {
    name,
    ...(title !== "" && { title }),
    description,
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations }),
    _meta: {
      [`${META_PREFIX}price`]: { amount: dollars(price), currency: "USD", per: "call" },
      [`${META_PREFIX}agent`]: { id: agent.id, name: shortened(cleanText(agent.name), TITLE_LENGTH_MAX) },
    },
  };
}

/** Before 2026-07-28 a structured result is an object, and before 2025-06-18 there is none. */
function outputOf({ outputSchema }: AgentTool, era: Era): unknown {
  if (outputSchema === undefined || outputSchema === null) return undefined;
  if (!era.isModern) {
    if (era.revision === "2025-03-26") return undefined;
    if ((outputSchema as JsonObject).type !== "object") return undefined;
  }
  return cleanJson(outputSchema);
}
