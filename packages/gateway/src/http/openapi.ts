import { z } from "zod";
import type { OperationDoc, ResponseDoc } from "./routes.ts";

const problemSchema = {
  type: "object",
  required: ["detail"],
  properties: {
    detail: {
      anyOf: [
        { type: "string" },
        {
          type: "array",
          items: {
            type: "object",
            required: ["type", "loc", "msg"],
            properties: {
              type: { type: "string" },
              loc: { type: "array", items: { type: ["string", "integer"] } },
              msg: { type: "string" },
              input: {},
            },
          },
        },
      ],
    },
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    instance: { type: "string" },
    code: { type: "string" },
  },
};

const errorResponse = (description: string, { errors }: OperationDoc) => {
  const { name, contentType } = errors ?? { name: "Problem", contentType: "application/problem+json" };
  return { description, content: { [contentType]: { schema: { $ref: `#/components/schemas/${name}` } } } };
};

/** The OpenAPI 3.1 document of these operations, from the same schemas that validate. */
export function openApiDocument(operations: readonly OperationDoc[], info: { version: string; serverUrl: string }) {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = { Problem: problemSchema };
  for (const definition of operations) {
    const { path, method, errors } = definition;
    paths[path] ??= {};
    paths[path]![method.toLowerCase()] = operation(definition);
    if (errors) schemas[errors.name] ??= jsonSchema(errors.schema, "output");
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "AgentGate",
      version: info.version,
      description:
        "Deploy, connect and monetize AI agents. Every path is also served under `/v1`.\n\n" +
        "**Authorize** takes the admin key or an organization's. An open lock marks what needs it; a closed one what can be called as it is.",
    },
    servers: [{ url: info.serverUrl }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The admin key or an organization's key" },
      },
      schemas,
    },
  };
}

function operation(definition: OperationDoc) {
  const { body, bodyExample: example } = definition;
  return {
    operationId: operationId(definition),
    tags: [definition.tag],
    summary: definition.summary,
    ...(definition.description && { description: definition.description }),
    ...securityOf(definition),
    parameters: [
      ...parameters("path", definition.params),
      ...parameters("query", definition.query),
      ...parameters("header", definition.headers),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: jsonSchema(body, "input"), ...(example !== undefined && { example }) },
        },
      },
    }),
    responses: { ...commonResponses(definition), ...documented(definition) },
  };
}

const operationId = ({ method, path }: OperationDoc) =>
  `${method.toLowerCase()}${path.replace(/[/{}.:_-]+(\w?)/g, (_, next: string) => next.toUpperCase())}`;

function securityOf({ access, readsKey }: OperationDoc) {
  if (access === "public" && !readsKey) return {};
  const mayBeAbsent = access === "public" || access === "optional";
  return { security: mayBeAbsent ? [{}, { bearer: [] }] : [{ bearer: [] }] };
}

function parameters(place: "path" | "query" | "header", schema: z.ZodType | undefined) {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description && { description }),
    schema,
  }));
}

function commonResponses(definition: OperationDoc) {
  const { access, params, query, body, errors } = definition;
  // Errors in words of their own are told for each operation.
  if (errors) return {};
  const response = (description: string) => errorResponse(description, definition);
  return {
    ...((access === "org" || access === "admin") && { 401: response("No key, or one that does not open this route") }),
    ...((access !== "public" || params) && { 429: response("Too many keys or ids that nobody has; see Retry-After") }),
    ...((params || query || body) && { 422: response("The request is malformed; `detail` says where") }),
    ...(body && { 413: response("The body is too large"), 415: response("The body is not JSON") }),
  };
}

const documented = (definition: OperationDoc) =>
  Object.fromEntries(
    Object.entries<ResponseDoc>(definition.responses).map(([status, response]) => {
      if (Number(status) >= 400) return [status, errorResponse(response.description, definition)];
      const { description, schema, contentType = "application/json", textTypes = [] } = response;
      if (!schema) return [status, { description }];
      const asText = textTypes.map((type) => [type, { schema: { type: "string" } }]);
      const content = { [contentType]: { schema: jsonSchema(schema, "output") }, ...Object.fromEntries(asText) };
      return [status, { description, content }];
    }),
  );

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any", override: forReaders });
  return rest;
}

/** A format says what its pattern says, an integer needs no bounds of JavaScript's; a default stays although the value is read first. */
function forReaders({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const { def } = zodSchema._zod;
  if (def.type === "default" && typeof def.defaultValue !== "object") jsonSchema.default = def.defaultValue;
}
