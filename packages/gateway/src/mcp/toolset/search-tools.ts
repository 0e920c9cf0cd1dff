import { RESERVED_SLUG, SLUG_SEPARATOR } from "@agentgate/protocol/mcp";

export const SEARCH_TOOL = `${RESERVED_SLUG}${SLUG_SEPARATOR}search_tools`;
export const CALL_TOOL = `${RESERVED_SLUG}${SLUG_SEPARATOR}call_tool`;

/** Tools that a search finds, and words that it looks for. */
export const FOUND_MAX = 20;
export const WORDS_MAX = 8;

export const searchSchema = {
  type: "object",
  properties: {
    query: { type: "string", maxLength: 500, description: "Words that are in a tool's name, title or description" },
    limit: { type: "integer", minimum: 1, maximum: FOUND_MAX, default: 5, description: "How many to find" },
    max_price: { type: "number", minimum: 0, maximum: 1_000_000, description: "What a call may cost, in US dollars" },
  },
  required: ["query"],
  additionalProperties: false,
} as const;

export const callSchema = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 64, description: "The tool's name, as the search has found it" },
    arguments: { type: "object", description: "What its inputSchema asks for" },
  },
  required: ["name"],
  additionalProperties: false,
} as const;

/** What stands in a list that would be too long, in place of the tools themselves. */
export const searchTools = [
  {
    name: CALL_TOOL,
    title: "Call a tool",
    description: "Calls a tool that agentgate__search_tools has found. It costs what that tool costs.",
    inputSchema: callSchema,
    annotations: { openWorldHint: true },
  },
  {
    name: SEARCH_TOOL,
    title: "Search for tools",
    description: "Finds tools by words and price, with their schemas and what a call costs. Searching is free.",
    inputSchema: searchSchema,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  },
];
