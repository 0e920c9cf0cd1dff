import type { Era } from "../wire/message.ts";
import type { AgentTool } from "./tool.ts";
import type { ToolTexts } from "./tool-texts.ts";

/** Tools on a page, and characters that they may take: schemas of 64 KiB each would make one of many megabytes. */
export const PAGE_SIZE = 100;
const PAGE_LENGTH_MAX = 1_048_576;

export interface ToolPage {
  /** Each as JSON. */
  tools: string[];
  /** The name after which the list goes on; undefined at its end. */
  next: string | undefined;
}

/**
 * A page of tools that are in the order of their names.
 *
 * @param next where the list goes on after all of these, if it does @param nameOf by which a tool is called here
 */
export function pageOf(
  tools: readonly AgentTool[],
  next: string | undefined,
  { era, texts, nameOf }: { era: Era; texts: ToolTexts; nameOf(tool: AgentTool): string },
): ToolPage {
  const made: string[] = [];
  let length = 0;
  for (const [index, tool] of tools.entries()) {
    const text = texts.of(tool, nameOf(tool), era);
    if (text === undefined) continue;
    length += text.length;
    // One alone always fits.
    if (made.length > 0 && (length > PAGE_LENGTH_MAX || made.length === PAGE_SIZE)) {
      return { tools: made, next: nameOf(tools[index - 1]!) };
    }
    made.push(text);
  }
  return { tools: made, next };
}
