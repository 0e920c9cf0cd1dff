import type {
  JsonSchema,
  Manifest,
  ManifestAuth,
  ManifestFlow,
  ManifestIntent,
  ManifestPrice,
  ManifestStep,
} from "./manifest.ts";
import { clientStepPath, serverStepPath, startPath } from "./paths.ts";
import { sentence } from "./sentence.ts";
import { toolName } from "./tool-name.ts";

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
  /** What is called: an intent, the start of a flow, or a step of one. */
  readonly calls: "intent" | "start" | "step";
  /** The flow of a start or step. */
  readonly flow?: string;
  /** How its caller authenticates: as it says itself, else its flow, else the site. */
  readonly auth: ManifestAuth;
  /** Answers `Accept: text/event-stream` with progress, chunks and one terminal result. */
  readonly streaming: boolean;
  /** What the site asks for a call. */
  readonly price?: ManifestPrice;
}

/**
 * Every call of a site, in the manifest's order: an intent is a tool, a client-orchestrated flow one tool per step, a
 * server-orchestrated flow a `…__start` tool and one per step that takes the session as an argument.
 *
 * @throws Error when two of them would have one name
 */
export function listTools({ intents, flows, auth }: Manifest): Tool[] {
  const tools = [
    ...intents.map((intent) => toIntentTool(intent, auth)),
    ...flows.flatMap((flow) => toFlowTools(flow, flow.auth ?? auth)),
  ];
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name))
      throw new Error(`Two tools would be called "${name}". Rename the intent, flow or step behind one of them.`);
    names.add(name);
  }
  return tools;
}

const toIntentTool = (intent: ManifestIntent, auth: ManifestAuth): Tool => ({
  ...describe(intent, auth),
  name: toolName(intent.name),
  description: withDeprecation(intent.description, intent),
  path: intent.endpoint,
  calls: "intent",
});

function toFlowTools(flow: ManifestFlow, auth: ManifestAuth): Tool[] {
  if (flow.orchestration === "client")
    return flow.steps.map((step) => toStepTool(flow, step, clientStepPath(flow.name, step.name), auth));
  return [
    startTool(flow, auth),
    ...flow.steps.map((step): Tool => {
      const sessionArgument = "session_id" in Object(step.input_schema.properties) ? "flow_session_id" : "session_id";
      const tool = toStepTool(flow, step, serverStepPath(flow.name, step.name), auth);
      return {
        ...tool,
        sessionArgument,
        inputSchema: withSession(step.input_schema, sessionArgument),
        outputSchema: stepReplySchema(step.output_schema),
      };
    }),
  ];
}

const toStepTool = (flow: ManifestFlow, step: ManifestStep, path: string, auth: ManifestAuth): Tool => ({
  ...describe(step, auth),
  name: toolName(flow.name, step.name),
  description: withDeprecation(
    `${sentence(step.description)} (Step of: ${sentence(flow.description)}${step.next_steps.length ? ` Next: ${step.next_steps.join(" or ")}.` : ""})`,
    step,
  ),
  path,
  calls: "step",
  flow: flow.name,
});

function startTool(flow: ManifestFlow, auth: ManifestAuth): Tool {
  const entry = flow.steps.find((step) => step.entry);
  return {
    name: toolName(flow.name, "start"),
    description: withDeprecation(
      `Starts: ${sentence(flow.description)} Returns the session_id that every step needs; the first step is ${entry?.name}.`,
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
    path: startPath(flow.name),
    calls: "start",
    flow: flow.name,
    // A session is opened by whoever may take its first step.
    auth: entry?.auth ?? auth,
    streaming: false,
  };
}

const describe = (
  { input_schema, output_schema, idempotent, risk, streaming, auth, price }: ManifestIntent | ManifestStep,
  otherwise: ManifestAuth,
) => ({
  inputSchema: input_schema,
  outputSchema: output_schema,
  idempotent: idempotent === true,
  risk,
  auth: auth ?? otherwise,
  streaming: streaming === true,
  ...(price && { price }),
});

const withDeprecation = (
  description: string,
  { deprecated }: { readonly deprecated?: { readonly message: string } },
) => (deprecated ? `${sentence(description)} Deprecated: ${deprecated.message}` : description);

function withSession(schema: JsonSchema, sessionArgument: string): JsonSchema {
  const { properties, required } = schema;
  const session = { type: "string", description: "The session_id that the start of this flow returned." };
  return {
    ...schema,
    properties: { [sessionArgument]: session, ...(properties as object | undefined) },
    required: [sessionArgument, ...(Array.isArray(required) ? required : [])],
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
