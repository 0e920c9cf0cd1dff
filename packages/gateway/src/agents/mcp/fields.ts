import { z } from "zod";
import { money, text } from "../../http/index.ts";
import { TOOL_BOUNDS } from "../../mcp-servers/index.ts";
import { agentCredential } from "../credential.ts";
import { type McpServer, sessionSettings, trusts } from "./mcp-server.ts";

const toolName = text().min(1).max(TOOL_BOUNDS.name);

/** What a registration may say of an agent that is an MCP server. */
export const mcpFields = {
  tools: z
    .object({
      include: z
        .array(toolName)
        .min(1)
        .max(TOOL_BOUNDS.tools)
        .optional()
        .describe("The tools to offer; all of them without it"),
      prices: z
        .record(toolName, money())
        .optional()
        .describe("Dollars for a call of each; `price_per_task` for all others"),
    })
    .nullish()
    .describe("Of an MCP server: which of its tools are offered, and what they cost"),
  trust: z
    .enum(trusts)
    .nullish()
    .describe(
      "Of an MCP server: `pin`, the default, keeps tools that changed, or are new, from being called until they were looked at; `auto` takes them as they come",
    ),
  session: z
    .enum(sessionSettings)
    .nullish()
    .describe("Of an MCP server that keeps sessions: one for each `caller`, the default, or one `shared` by all"),
  credential: agentCredential.nullish().describe("Of an MCP server: what the gateway shows it, from the first look on"),
};

/** What of that may be changed; what it is shown has an operation of its own. */
export const mcpChanges = { tools: mcpFields.tools, trust: mcpFields.trust, session: mcpFields.session };

/** What was said of a server, as its owner is told it. */
export const wireServerTerms = {
  tools: z
    .object({ include: z.array(z.string()).nullable().describe("Null for all of them") })
    .optional()
    .describe(
      "Of an MCP server, to its owner and the admin: which of its tools are offered. What they cost is in `prices`",
    ),
  trust: z.enum(trusts).optional().describe("Likewise: what becomes of tools that changed or are new"),
  session: z.enum(sessionSettings).optional().describe("Likewise: whose sessions are kept"),
};

export const toWireServerTerms = (server: McpServer | undefined) =>
  server && { tools: { include: server.include ?? null }, trust: server.trust, session: server.session };

export const skippedTools = z
  .array(z.object({ name: z.string(), reason: z.string() }).meta({ id: "SkippedTool" }))
  .describe("Tools of the server that are not offered, and why");
