import {
  type JsonSchema,
  listTools,
  type Manifest,
  type ManifestAuth,
  sitePath,
  type Tool,
} from "@agentgate/protocol/site";

type Schemas = Record<string, JsonSchema>;
type SecuritySchemes = Record<string, object>;

/** The site as an OpenAPI 3.1 document. Operation ids are the names that the MCP and OpenAI exporters use. */
export function toOpenApi(site: Manifest | { readonly manifest: Manifest }): Record<string, unknown> {
  const manifest = "manifest" in site ? site.manifest : site;
  const schemas: Schemas = { Error: errorSchema, Session: sessionSchema };
  const security: SecuritySchemes = {};
  const paths: Record<string, object> = {};
  for (const tool of listTools(manifest)) {
    paths[tool.path] = { post: describeCall(tool, manifest, schemas, security) };
  }
  for (const flow of manifest.flows) {
    if (flow.orchestration !== "server") continue;
    const path = sitePath.session(flow.name, "ID").replace("ID", "{session_id}");
    paths[path] = { get: describeInspection(flow.name, flow.auth ?? flow.steps[0]?.auth ?? manifest.auth, security) };
  }
  return {
    openapi: "3.1.0",
    info: { title: manifest.name, description: manifest.description, version: manifest.version ?? "1.0" },
    servers: [{ url: manifest.base_url }],
    paths,
    components: { schemas, ...(Object.keys(security).length > 0 && { securitySchemes: security }) },
  };
}

function describeCall(tool: Tool, manifest: Manifest, schemas: Schemas, security: SecuritySchemes): object {
  const { name, sessionArgument, description } = tool;
  const operation = findOperation(manifest, tool.path);
  const inputSchema = sessionArgument ? operation!.input_schema : tool.inputSchema;
  return {
    operationId: name,
    summary: operation?.description ?? description,
    parameters: [agentRequest, ...(sessionArgument ? [sessionHeader] : []), idempotencyKey],
    requestBody: {
      required: Boolean((inputSchema.required as unknown[] | undefined)?.length),
      content: json(register(schemas, `${name}_input`, inputSchema)),
    },
    responses: {
      "200": { description: "The result", content: json(register(schemas, `${name}_output`, tool.outputSchema)) },
      default: errorReply,
    },
    security: requirement(operation?.auth ?? manifest.auth, security),
    ...(operation?.deprecated && { deprecated: true }),
  };
}

const describeInspection = (flow: string, auth: ManifestAuth, security: SecuritySchemes): object => ({
  operationId: `${flow}__session`,
  summary: "Shows where a session stands",
  parameters: [agentRequest, { name: "session_id", in: "path", required: true, schema: { type: "string" } }],
  responses: {
    "200": { description: "The session", content: json({ $ref: "#/components/schemas/Session" }) },
    default: errorReply,
  },
  security: requirement(auth, security),
});

/** The intent or step behind a path; the entry step behind a start. */
function findOperation({ intents, flows }: Manifest, path: string) {
  const intent = intents.find(({ endpoint }) => endpoint === path);
  if (intent) return intent;
  for (const { name, steps } of flows) {
    if (sitePath.start(name) === path) {
      const entry = steps.find((step) => step.entry);
      return entry && { ...entry, description: `Starts a session of ${name}`, input_schema: { type: "object" } };
    }
    const step = steps.find(
      (one) => sitePath.serverStep(name, one.name) === path || sitePath.clientStep(name, one.name) === path,
    );
    if (step) return step;
  }
  return undefined;
}

/** Puts a schema and its definitions among the components, where references have to point in a larger document. */
function register(schemas: Schemas, name: string, { $defs = {}, ...schema }: JsonSchema): JsonSchema {
  const definitionName = (definition: string) => `${name}.${definition.replace(/[^\w.-]/g, "_")}`;
  const point = (reference: string) => {
    const definition = /^#\/\$defs\/([^/]+)(.*)$/.exec(reference);
    if (definition) return `#/components/schemas/${definitionName(decodeURIComponent(definition[1]!))}${definition[2]}`;
    return reference === "#" || reference.startsWith("#/")
      ? `#/components/schemas/${name}${reference.slice(1)}`
      : reference;
  };
  schemas[name] = rewriteReferences(schema, point) as JsonSchema;
  for (const [definition, body] of Object.entries($defs as Schemas)) {
    schemas[definitionName(definition)] = rewriteReferences(body, point) as JsonSchema;
  }
  return { $ref: `#/components/schemas/${name}` };
}

function rewriteReferences(value: unknown, point: (reference: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewriteReferences(item, point));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "$ref" && typeof item === "string" ? point(item) : rewriteReferences(item, point),
    ]),
  );
}

function requirement(auth: ManifestAuth, security: SecuritySchemes): object[] {
  if (auth.type === "none") return [];
  if (auth.type === "api_key") {
    const name = `apiKey_${auth.header}`.replace(/[^\w.-]/g, "_");
    security[name] = { type: "apiKey", in: "header", name: auth.header };
    return [{ [name]: [] }];
  }
  security.bearer = {
    type: "http",
    scheme: "bearer",
    ...(auth.scheme && { bearerFormat: auth.scheme === "jwt" ? "JWT" : "OAuth 2 access token" }),
  };
  return [{ bearer: auth.scopes ?? [] }];
}

const json = (schema: JsonSchema) => ({ "application/json": { schema } });
const text = { type: "string" };
const headerParameter = (name: string, required: boolean, schema: JsonSchema = text) => ({
  name,
  in: "header",
  required,
  schema,
});
const agentRequest = headerParameter("X-Agent-Request", true, { type: "string", const: "true" });
const sessionHeader = headerParameter("X-Session-ID", true);
const idempotencyKey = headerParameter("Idempotency-Key", false);
const errorReply = {
  description: "What was wrong and what to do",
  content: json({ $ref: "#/components/schemas/Error" }),
};
const texts = { type: "array", items: text };

const errorSchema: JsonSchema = {
  type: "object",
  properties: {
    error: text,
    message: text,
    current_step: text,
    allowed_next_steps: texts,
    issues: {
      type: "array",
      items: { type: "object", properties: { path: text, message: text }, required: ["path", "message"] },
    },
  },
  required: ["error", "message", "current_step", "allowed_next_steps"],
};

const sessionSchema: JsonSchema = {
  type: "object",
  properties: {
    session_id: text,
    flow_name: text,
    current_step: text,
    allowed_next_steps: texts,
    history: { type: "array", items: { type: "object", properties: { step_name: text, input: {}, output: {} } } },
    data: { type: "object" },
    flow_complete: { type: "boolean" },
    running_step: text,
    expires_at: { type: "string", format: "date-time" },
  },
  required: [
    "session_id",
    "flow_name",
    "current_step",
    "allowed_next_steps",
    "history",
    "data",
    "flow_complete",
    "expires_at",
  ],
};
