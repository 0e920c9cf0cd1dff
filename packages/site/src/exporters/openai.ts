import type { JsonSchema, Manifest } from "@agentgate/protocol/site";
import { toStrictSchema } from "./strict-schema.ts";
import { callTool, listTools, type ToolCallOptions, type ToolResult, type ToolSite } from "./tools.ts";

/** A function tool of OpenAI's Responses API. */
export interface OpenAiTool {
  readonly type: "function";
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, unknown>;
  readonly strict: boolean;
}

export interface OpenAiToolOptions {
  /** Let the model follow the schemas exactly where OpenAI's subset of JSON Schema can express them. Default true. */
  readonly strict?: boolean | undefined;
}

/** The site as function tools for OpenAI's Responses API; `callOpenAiTool` runs what the model asks for. */
export function toOpenAiTools(
  site: Manifest | { readonly manifest: Manifest },
  { strict = true }: OpenAiToolOptions = {},
): OpenAiTool[] {
  const manifest = "manifest" in site ? site.manifest : site;
  return listTools(manifest).map(({ name, description, inputSchema }) => {
    const strictSchema = strict ? toStrictSchema(inputSchema) : undefined;
    const parameters = (strictSchema ?? inputSchema) as Record<string, unknown>;
    return {
      type: "function",
      name,
      description: description.slice(0, 1024),
      parameters,
      strict: strictSchema !== undefined,
    };
  });
}

/**
 * Runs a function call of the model.
 * @param args the call's `arguments`: JSON text, or already parsed
 */
export async function callOpenAiTool(
  site: ToolSite,
  name: string,
  args: string | Readonly<Record<string, unknown>>,
  options?: ToolCallOptions,
): Promise<ToolResult> {
  const tool = listTools(site.manifest).find((one) => one.name === name);
  if (!tool)
    return {
      ok: false,
      body: {
        error: "intent_not_found",
        message: `There is no tool "${name}".`,
        current_step: "",
        allowed_next_steps: [],
      },
    };
  const parsed = typeof args === "string" ? (JSON.parse(args) as Record<string, unknown>) : args;
  return callTool(site, tool, dropNulls(parsed, tool.inputSchema), options);
}

/** In strict mode a model says "left out" with null, where the site's schema knows no null. */
function dropNulls(args: Readonly<Record<string, unknown>>, schema: JsonSchema): Record<string, unknown> {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema | undefined>;
  const required = new Set((schema.required ?? []) as string[]);
  return Object.fromEntries(
    Object.entries(args).flatMap(([name, value]) => {
      const property = properties[name];
      if (value === null && !required.has(name)) return [];
      const nested =
        property?.type === "object" && typeof value === "object" && value !== null && !Array.isArray(value);
      return [[name, nested ? dropNulls(value as Record<string, unknown>, property) : value]];
    }),
  );
}
