import { listTools, type Manifest } from "@agentgate/protocol/site";
import { exceededBound, exceededBy } from "../exchange/json-bounds.ts";
import { callTool, type ToolCallOptions, type ToolResult, type ToolSite } from "./call-tool.ts";
import { dropNulls } from "./drop-nulls.ts";
import { toStrictSchema } from "./strict-schema.ts";

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
  if (!tool) return refused("intent_not_found", `There is no tool "${name}".`);
  const parsed = readModelArguments(args);
  if (typeof parsed === "string") return refused("invalid_input", parsed);
  return callTool(site, tool, dropNulls(parsed, tool.inputSchema), options);
}

const refused = (error: string, message: string): ToolResult => ({
  ok: false,
  body: { error, message, current_step: "", allowed_next_steps: [] },
});

/** What a model sent for arguments, or what is wrong with it, in words that it can mend its call by. */
function readModelArguments(args: unknown): Readonly<Record<string, unknown>> | string {
  let value = args ?? {};
  if (typeof value === "string") {
    if (exceededBound(value)) return "The arguments are nested too deep, or too many.";
    try {
      // Models that have nothing to say send an empty text, or null.
      value = JSON.parse(value.trim() || "{}") ?? {};
    } catch (error) {
      return `The arguments are not valid JSON: ${(error as Error).message.slice(0, 200)}`;
    }
  }
  if (exceededBy(value)) return "The arguments are nested too deep, or too many.";
  if (typeof value === "object" && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  return "The arguments must be a JSON object.";
}
