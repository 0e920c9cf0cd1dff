/** The part of JSON Schema that the gateway's OpenAPI document uses. */
export interface JsonSchema {
  type?: string | string[];
  $ref?: string;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  items?: JsonSchema;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
}

export interface Parameter {
  name: string;
  in: "path" | "query";
  schema: JsonSchema;
}

type Content = Record<string, { schema?: JsonSchema }>;

/** One operation of the OpenAPI document. */
export interface Operation {
  method: string;
  path: string;
  parameters: Parameter[];
  body: JsonSchema | undefined;
  /** What the body is sent as. */
  bodyType: string | undefined;
  /** By status. */
  responses: Record<string, { content?: Content }>;
}

export interface OpenApiDocument {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      { parameters: Parameter[]; requestBody?: { content: Content }; responses: Record<string, { content?: Content }> }
    >
  >;
  components: { schemas: Record<string, JsonSchema> };
}

/** The operations, each with its parameters and body spelled out: without references. */
export function operationsOf({ paths, components }: OpenApiDocument): Operation[] {
  const spelled = <T>(value: T): T => spelledOut(value, components.schemas) as T;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters: spelled(parameters),
      body: spelled(requestBody && Object.values(requestBody.content)[0]?.schema),
      bodyType: requestBody && Object.keys(requestBody.content)[0],
      responses,
    })),
  );
}

/** What is asked for refers to nothing that refers to itself. */
function spelledOut(value: unknown, schemas: Record<string, JsonSchema>): unknown {
  if (Array.isArray(value)) return value.map((one) => spelledOut(one, schemas));
  if (typeof value !== "object" || value === null) return value;
  const { $ref, ...rest } = value as { $ref?: string };
  const members = Object.entries(rest).map(([name, member]) => [name, spelledOut(member, schemas)]);
  const referred = $ref === undefined ? {} : spelledOut(schemas[$ref.split("/").at(-1)!], schemas);
  return { ...(referred as object), ...Object.fromEntries(members) };
}
