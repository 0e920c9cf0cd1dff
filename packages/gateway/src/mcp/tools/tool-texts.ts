import { shareOwner } from "../../agents/index.ts";
import { ShareCache } from "../../runtime/index.ts";
import type { Era } from "../wire/message.ts";
import { type AgentTool, wireTool } from "./tool.ts";

const MIB = 2 ** 20;
const KEPT = { bytesMax: 16 * MIB, perOwner: MIB };
/** Beside the text: its key, and what the cache itself takes. */
const ENTRY_BYTES = 500;

/** Tools as their JSON, kept: a list is asked for far more often than a tool of it changes, and cleaning one takes longer than all else. */
export class ToolTexts {
  readonly #kept = new ShareCache<string>(KEPT);

  /** Undefined for a tool that cannot be told. @param name by which it is called here */
  of(tool: AgentTool, name: string, era: Era): string | undefined {
    const { agent, digest, price } = tool;
    // What the digest does not cover is the agent's, and changes with it.
    const key = [name, dialectOf(era), digest, price, agent.id, agent.updatedAt].join(" ");
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept || undefined;
    const wire = wireTool(tool, name, era);
    const text = wire === undefined ? "" : JSON.stringify(wire);
    this.#kept.set(key, text, shareOwner(agent), ENTRY_BYTES + 2 * text.length);
    return text || undefined;
  }
}

/** Eras that tell a tool in the same way. */
const dialectOf = (era: Era): string => {
  if (era.isModern) return "modern";
  return era.revision === "2025-03-26" ? era.revision : "legacy";
};
