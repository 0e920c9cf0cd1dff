import { z } from "zod";
import type { ResponseDoc, RouteDefinition } from "./routes.ts";

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

const problemResponse = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});

/** The OpenAPI 3.1 document of these routes, from the same schemas that validate. */
export function openApiDocument(routes: readonly RouteDefinition[], info: { version: string; serverUrl: string }) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const definition of routes) {
    paths[definition.path] ??= {};
    paths[definition.path]![definition.method.toLowerCase()] = operation(definition);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "AgentGate",
      version: info.version,
      description: "Deploy, connect and monetize AI agents. Every path is also served under `/v1`.",
    },
    servers: [{ url: info.serverUrl }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The admin key or an organization's key" },
      },
      schemas: { Problem: problemSchema },
    },
  };
}

function operation(definition: RouteDefinition) {
  const { access, body, responses } = definition;
  return {
    operationId: operationId(definition),
    tags: [definition.tag],
    summary: definition.summary,
    ...(definition.description && { description: definition.description }),
    ...(access !== "public" && { security: access === "optional" ? [{}, { bearer: [] }] : [{ bearer: [] }] }),
    parameters: [...parameters("path", definition.params), ...parameters("query", definition.query)],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body, "input") } } },
    }),
    responses: { ...commonResponses(definition), ...documented(responses) },
  };
}

const operationId = ({ method, path }: RouteDefinition) =>
  `${method.toLowerCase()}${path.replace(/[/{}._-]+(\w?)/g, (_, next: string) => next.toUpperCase())}`;

function parameters(place: "path" | "query", schema: z.ZodType | undefined) {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: value,
  }));
}

function commonResponses({ access, params, query, body }: RouteDefinition) {
  return {
    ...((access === "org" || access === "admin") && {
      401: problemResponse("No key, or one that does not open this route"),
    }),
    ...((params || query || body) && { 422: problemResponse("The request is malformed; `detail` says where") }),
    ...(body && { 413: problemResponse("The body is too large"), 415: problemResponse("The body is not JSON") }),
  };
}

const documented = (responses: Record<number, ResponseDoc>) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      if (Number(status) >= 400) return [status, problemResponse(response.description)];
      const { description, schema, contentType = "application/json", textTypes = [] } = response;
      if (!schema) return [status, { description }];
      const asText = textTypes.map((type) => [type, { schema: { type: "string" } }]);
      const content = { [contentType]: { schema: jsonSchema(schema, "output") }, ...Object.fromEntries(asText) };
      return [status, { description, content }];
    }),
  );

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
