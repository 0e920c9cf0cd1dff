import { listTools } from "@agentgate/protocol/site";
import { type Tool as AiTool, jsonSchema, tool } from "ai";
import { callTool, type ToolCallOptions, type ToolSite } from "./call-tool.ts";

type JsonSchemaArgument = Parameters<typeof jsonSchema>[0];

/**
 * The site as tools for the Vercel AI SDK: `generateText({ tools: toAiSdkTools(app, { headers }) })`. An error of the site
 * is handed to the model as the tool's result, so that it can mend its call.
 */
export function toAiSdkTools(site: ToolSite, options: Pick<ToolCallOptions, "headers"> = {}): Record<string, AiTool> {
  return Object.fromEntries(
    listTools(site.manifest).map((one) => {
      const made = tool({
        description: one.description,
        inputSchema: jsonSchema<Record<string, unknown>>(one.inputSchema as JsonSchemaArgument),
        execute: async (input: Record<string, unknown>, { abortSignal }) =>
          (await callTool(site, one, input, { ...options, signal: abortSignal })).body,
      });
      return [one.name, made as AiTool];
    }),
  );
}
