import {
  type JsonSchema,
  type Manifest,
  type ManifestFlow,
  type ManifestIntent,
  type ManifestStep,
  sitePath,
} from "@agentgate/protocol/site";
import { toolName } from "./tool-name.ts";

/** Something with a manifest that answers requests: an `AgentApp`. */
export interface ToolSite {
  readonly manifest: Manifest;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** One call that an agent can make, as tool-calling models see it. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** Root type is `object`. */
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  readonly idempotent: boolean;
  readonly risk: "low" | "medium" | "high" | undefined;
  /** Path below the base URL. */
  readonly path: string;
  /** The argument that carries the session of a server-orchestrated step. */
  readonly sessionArgument?: string;
}

export interface ToolResult {
  readonly ok: boolean;
  /** The result, or the error body. */
  readonly body: unknown;
}

export interface ToolCallOptions {
  /** Credentials and `X-Agent-ID`; the rest is filled in. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every call of a site, in the manifest's order: an intent is a tool, a client-orchestrated flow one tool per step, a
 * server-orchestrated flow a `…__start` tool and one per step that takes the session as an argument.
 */
export function listTools({ intents, flows }: Manifest): Tool[] {
  const tools = [...intents.map(toIntentTool), ...flows.flatMap(toFlowTools)];
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name))
      throw new Error(`Two tools would be called "${name}". Rename the intent, flow or step behind one of them.`);
    names.add(name);
  }
  return tools;
}

/** Calls a tool. Errors of the site come back as a result, so that the model can mend its call. */
export async function callTool(
  site: ToolSite,
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  options: ToolCallOptions = {},
): Promise<ToolResult> {
  const { sessionArgument, path } = tool;
  const body = { ...args };
  const headers = new Headers(options.headers);
  headers.set("content-type", "application/json");
  headers.set("x-agent-request", "true");
  if (sessionArgument) {
    const session = body[sessionArgument];
    delete body[sessionArgument];
    if (typeof session === "string" && /^[\w-]{1,128}$/.test(session)) headers.set("x-session-id", session);
  }
  const url = site.manifest.base_url + path;
  const init = {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    ...(options.signal && { signal: options.signal }),
  };
  const response = await site.fetch(new Request(url, init));
  const text = await response.text();
  return { ok: response.ok, body: text === "" ? null : JSON.parse(text) };
}

const toIntentTool = (intent: ManifestIntent): Tool => ({
  ...describe(intent),
  name: toolName(intent.name),
  description: withDeprecation(intent.description, intent),
  path: sitePath.intent(intent.name),
});

function toFlowTools(flow: ManifestFlow): Tool[] {
  if (flow.orchestration === "client")
    return flow.steps.map((step) => toStepTool(flow, step, sitePath.clientStep(flow.name, step.name)));
  return [
    startTool(flow),
    ...flow.steps.map((step): Tool => {
      const sessionArgument =
        "session_id" in ((step.input_schema.properties ?? {}) as object) ? "flow_session_id" : "session_id";
      const tool = toStepTool(flow, step, sitePath.serverStep(flow.name, step.name));
      return {
        ...tool,
        sessionArgument,
        inputSchema: withSession(step.input_schema, sessionArgument),
        outputSchema: stepReplySchema(step.output_schema),
      };
    }),
  ];
}

const toStepTool = (flow: ManifestFlow, step: ManifestStep, path: string): Tool => ({
  ...describe(step),
  name: toolName(flow.name, step.name),
  description: withDeprecation(
    `${step.description} (Step of: ${flow.description}${step.next_steps.length ? ` Next: ${step.next_steps.join(" or ")}.` : ""})`,
    step,
  ),
  path,
});

const startTool = (flow: ManifestFlow): Tool => ({
  name: toolName(flow.name, "start"),
  description: withDeprecation(
    `Starts: ${flow.description} Returns the session_id that every step needs; the first step is ${flow.steps.find(({ entry }) => entry)?.name}.`,
    flow,
  ),
  inputSchema: { type: "object", properties: {} },
  outputSchema: objectOf({
    session_id: text,
    entry_step: text,
    current_step: text,
    allowed_next_steps: texts,
    input_schema: { type: "object" },
    expires_at: text,
  }),
  idempotent: false,
  risk: "low",
  path: sitePath.start(flow.name),
});

const describe = ({ input_schema, output_schema, idempotent, risk }: ManifestIntent | ManifestStep) => ({
  inputSchema: input_schema,
  outputSchema: output_schema,
  idempotent: idempotent === true,
  risk,
});

const withDeprecation = (
  description: string,
  { deprecated }: { readonly deprecated?: { readonly message: string } },
) => (deprecated ? `${description} Deprecated: ${deprecated.message}` : description);

function withSession(schema: JsonSchema, sessionArgument: string): JsonSchema {
  const { properties = {}, required = [] } = schema as { properties?: object; required?: readonly string[] };
  const session = { type: "string", description: "The session_id that the start of this flow returned." };
  return {
    ...schema,
    properties: { [sessionArgument]: session, ...properties },
    required: [sessionArgument, ...required],
  };
}

/** Definitions move to the new root, where the references look for them. */
function stepReplySchema({ $defs, ...result }: JsonSchema): JsonSchema {
  const schema = objectOf({
    result,
    session_id: text,
    current_step: text,
    allowed_next_steps: texts,
    flow_complete: { type: "boolean" },
  });
  return $defs ? { ...schema, $defs } : schema;
}

const text = { type: "string" };
const texts = { type: "array", items: text };
const objectOf = (properties: Record<string, unknown>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});
