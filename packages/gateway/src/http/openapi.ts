import type { z } from "zod";
import { ComponentSchemas, type JsonSchema, refTo } from "./component-schemas.ts";
import { PROBLEM_MEDIA_TYPE } from "./problem.ts";
import type { OperationDoc, ResponseDoc, Tag } from "./routes.ts";

const ValidationFinding = {
  type: "object",
  description: "What is wrong with one part of a request",
  required: ["type", "loc", "msg"],
  properties: {
    type: { type: "string", description: "Its kind: `missing`, `string_type`, `too_small`…" },
    loc: { type: "array", items: { type: ["string", "integer"] }, description: 'Where: `["body", "name"]`' },
    msg: { type: "string" },
    input: { description: "What was sent there, unless it is large" },
  },
};

const Problem = {
  type: "object",
  description: "What was wrong, and what to do (RFC 9457)",
  required: ["detail"],
  properties: {
    detail: { anyOf: [{ type: "string" }, { type: "array", items: refTo("ValidationFinding") }] },
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    instance: { type: "string" },
    code: { type: "string", description: "A stable name for programs" },
    price: { type: "number", description: "What the task would cost, in US dollars: of a 402" },
    currency: { type: "string" },
    skill: { type: "string", description: "Id of the skill that the task was for, where it named one: of a 402" },
  },
};

/** What the frame refuses, on whatever path: always as a problem. */
const frameRefusals = { 400: "The request's head is malformed" };
const longAddress = { 414: "The address is too long" };

export interface ApiInfo {
  version: string;
  /** Where the gateway is called from elsewhere, if that is known. */
  publicUrl: string | undefined;
}

/**
 * The OpenAPI 3.1 document of these operations, from the same schemas that validate. Its first server is wherever the document was read,
 * so that a page can try the operations under any name it was opened by.
 */
export function openApiDocument(operations: readonly OperationDoc[], { version, publicUrl }: ApiInfo) {
  const schemas = new ComponentSchemas({ Problem, ValidationFinding });
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const tags = new Map<string, Tag>();
  for (const definition of operations.filter(maySucceed)) {
    const { path, method, tag } = definition;
    paths[path] ??= {};
    paths[path]![method.toLowerCase()] = new OperationPage(definition, schemas).toJson();
    tags.set(tag.name, tag);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "AgentGate",
      version,
      summary: "Deploy, connect and monetize AI agents",
      description:
        "The paths of agents, organizations, health and metrics are also served under `/v1`.\n\n" +
        "**Authorize** takes the admin key or an organization's. A lock stands where a key can be shown: open, until yours is. Where " +
        "one is needed and missing, the answer is 401.",
      contact: { name: "Whoever runs this gateway" },
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [
      { url: "/", description: "Where this document was read" },
      ...(publicUrl === undefined ? [] : [{ url: publicUrl, description: "From anywhere" }]),
    ],
    tags: [...tags.values()],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The admin key or an organization's key" },
      },
      schemas: schemas.all(),
    },
  };
}

/** What only ever refuses is a hint for those who look there, and no operation. */
const maySucceed = ({ responses }: OperationDoc): boolean =>
  Object.keys(responses).some((status) => Number(status) < 400);

/** One operation on its way into the document. */
class OperationPage {
  readonly #definition: OperationDoc;
  readonly #schemas: ComponentSchemas;

  constructor(definition: OperationDoc, schemas: ComponentSchemas) {
    this.#definition = definition;
    this.#schemas = schemas;
  }

  toJson(): JsonSchema {
    const { operationId, tag, summary, action, params, query, headers } = this.#definition;
    return {
      operationId,
      tags: [tag.name],
      summary,
      description: this.#description(),
      security: this.#security(),
      "x-action": action.name,
      parameters: [
        ...this.#parameters("path", params),
        ...this.#parameters("query", query),
        ...this.#parameters("header", headers),
      ],
      ...this.#requestBody(),
      responses: { ...this.#commonResponses(), ...this.#documentedResponses() },
    };
  }

  #description(): string {
    const { description, action, readsKey } = this.#definition;
    return action.access === "optional" || readsKey ? `${description} A key is optional.` : description;
  }

  #security(): JsonSchema[] {
    const { readsKey, action } = this.#definition;
    const { access } = action;
    if (access === "public" && !readsKey) return [];
    const mayBeAbsent = access === "public" || access === "optional";
    return mayBeAbsent ? [{}, { bearer: [] }] : [{ bearer: [] }];
  }

  #parameters(place: "path" | "query" | "header", schema: z.ZodType | undefined) {
    if (!schema) return [];
    const { properties = {}, required = [] } = this.#schemas.schemaOf(schema, "input") as {
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

  #requestBody() {
    const { body, bodyType = "application/json", bodyExample: example } = this.#definition;
    if (!body) return {};
    const content = { schema: this.#schemas.schemaOf(body, "input"), ...(example !== undefined && { example }) };
    return { requestBody: { required: true, content: { [bodyType]: content } } };
  }

  #commonResponses() {
    const { action, params, query, body, bodyType, errors } = this.#definition;
    const { access } = action;
    const refused = {
      ...frameRefusals,
      ...(params && longAddress),
      // Errors in words of their own are told for each operation.
      ...(!errors && {
        ...((access === "org" || access === "admin") && { 401: "No key, or one that does not open this route" }),
        ...((access !== "public" || params) && { 429: "Too many keys or ids that nobody has; see Retry-After" }),
        ...((params || query || body) && { 422: "The request is malformed; `detail` says where" }),
        ...(body && { 413: "The body is too large", 415: `The body is not ${bodyType ?? "JSON"}` }),
      }),
    };
    return Object.fromEntries(
      Object.entries(refused).map(([status, description]) => [status, problemResponse(description as string)]),
    );
  }

  #documentedResponses() {
    const { responses, errors } = this.#definition;
    const refused = (description: string) =>
      errors
        ? {
            description,
            content: inEach(errors.contentType, this.#schemas.schemaOf(errors.schema, "output")),
          }
        : problemResponse(description);
    return Object.fromEntries(
      Object.entries<ResponseDoc>(responses).map(([status, response]) => [
        status,
        Number(status) >= 400 ? refused(response.description) : this.#success(response),
      ]),
    );
  }

  #success({ description, schema, contentType = "application/json", textTypes = [] }: ResponseDoc) {
    if (!schema) return { description };
    const content = {
      ...inEach(contentType, this.#schemas.schemaOf(schema, "output")),
      ...inEach(textTypes, { type: "string" }),
    };
    return { description, content };
  }
}

const inEach = (mediaTypes: string | readonly string[], schema: JsonSchema) =>
  Object.fromEntries([mediaTypes].flat().map((type) => [type, { schema }]));

const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM_MEDIA_TYPE]: { schema: refTo("Problem") } },
});
