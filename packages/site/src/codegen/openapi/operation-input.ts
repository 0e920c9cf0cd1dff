import { isObject, type JsonSchema } from "../schema-reference.ts";
import { convertSchema } from "./convert-schema.ts";
import { follow, type OpenApiDocument, type OpenApiNode } from "./document.ts";
import { snakeCase } from "./intent-name.ts";
import { jsonContent, mediaTypes } from "./media-type.ts";

export type ParameterPlace = "path" | "query" | "header";

/** One input field and where it travels in the upstream request. */
export interface ParameterBinding {
  readonly in: ParameterPlace;
  /** The parameter's name upstream. */
  readonly name: string;
  /** The field of the intent's input. */
  readonly field: string;
}

/** The upstream body: made of input fields by their upstream names, or one input field as a whole. */
export type BodyBinding =
  | { readonly kind: "fields"; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: "whole"; readonly field: string };

export interface OperationInput {
  readonly schema: JsonSchema;
  readonly parameters: readonly ParameterBinding[];
  readonly body?: BodyBinding;
}

/** The operation cannot become an intent, because of `reason`. */
export interface NotImportable {
  readonly reason: string;
}

interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

const forbiddenFields = new Set(["__proto__", "constructor", "prototype"]);
/** OpenAPI: parameters of these names are to be ignored; they are described by other means. */
const describedElsewhere = new Set(["accept", "content-type", "authorization"]);

/**
 * One flat input object out of path, query, header and body. A path item's parameters are inherited and overridden by name
 * and place; names that collide get their place as prefix. A body that is no plain object becomes the field `body`.
 */
export function operationInput(
  document: OpenApiDocument,
  pathItem: OpenApiNode,
  operation: OpenApiNode,
  credentialNames: ReadonlySet<string>,
  note: (text: string) => void,
): OperationInput | NotImportable {
  const fields = new Map<string, Field>();
  const definitions = new Map<string, JsonSchema>();
  const bindings: ParameterBinding[] = [];

  const addField = (wanted: string, place: string, schema: JsonSchema, required: boolean): string => {
    let name = fields.has(wanted) || forbiddenFields.has(wanted) ? `${place}_${wanted}` : wanted;
    for (let copy = 2; fields.has(name); copy++) name = `${place}_${wanted}_${copy}`;
    if (name !== wanted) note(`${place} field "${wanted}" is called "${name}"`);
    fields.set(name, { name, schema: shareDefinitions(schema, definitions), required });
    return name;
  };

  for (const parameter of effectiveParameters(document, pathItem, operation)) {
    const { name, in: place, required = false, description } = parameter;
    if (typeof name !== "string" || !name) return { reason: "a parameter has no name, or its $ref leads nowhere" };
    if (credentialNames.has(`${place} ${name}`.toLowerCase())) continue;
    if (place === "header" && describedElsewhere.has(name.toLowerCase())) continue;
    const problem = parameterProblem(parameter);
    if (problem) {
      if (required || place === "path") return { reason: `parameter "${name}": ${problem}` };
      note(`parameter "${name}" is left out: ${problem}`);
      continue;
    }
    const schema = convertSchema(parameter.schema ?? true, document, "input");
    const described = isObject(schema) && typeof description === "string" ? { ...schema, description } : schema;
    const wanted = place === "header" ? snakeCase(name) || name : name;
    const field = addField(wanted, String(place), described, required === true || place === "path");
    bindings.push({ in: place as ParameterPlace, name, field });
  }

  const body = follow(document, operation.requestBody);
  if (operation.requestBody !== undefined && body === undefined)
    return { reason: "its request body's $ref leads nowhere" };
  const binding = body && bindBody(document, body, addField, note);
  if (binding && "reason" in binding) return binding;

  const properties = Object.fromEntries([...fields.values()].map(({ name, schema }) => [name, schema]));
  const required = [...fields.values()].filter((field) => field.required).map(({ name }) => name);
  return {
    schema: {
      type: "object",
      properties,
      ...(required.length > 0 && { required }),
      ...(definitions.size > 0 && { $defs: Object.fromEntries(definitions) }),
    },
    parameters: bindings,
    ...(binding && { body: binding }),
  };
}

function effectiveParameters(document: OpenApiDocument, pathItem: OpenApiNode, operation: OpenApiNode): OpenApiNode[] {
  const byPlace = new Map<string, OpenApiNode>();
  for (const list of [pathItem.parameters, operation.parameters]) {
    for (const entry of Array.isArray(list) ? list : []) {
      const parameter = follow(document, entry) ?? {};
      byPlace.set(`${parameter.in} ${parameter.name}`, parameter);
    }
  }
  const order = ["path", "query", "header", "cookie"];
  return [...byPlace.values()].sort((a, b) => order.indexOf(String(a.in)) - order.indexOf(String(b.in)));
}

function parameterProblem({ in: place, style, content, schema }: OpenApiNode): string | undefined {
  if (place === "cookie") return "cookies cannot be carried";
  if (place !== "path" && place !== "query" && place !== "header") return `unknown place "${String(place)}"`;
  if (content !== undefined && schema === undefined)
    return "its value is serialised by media type, which cannot be carried";
  const plain = place === "query" ? "form" : "simple";
  return style === undefined || style === plain ? undefined : `style "${String(style)}" cannot be carried`;
}

function bindBody(
  document: OpenApiDocument,
  body: OpenApiNode,
  addField: (wanted: string, place: string, schema: JsonSchema, required: boolean) => string,
  note: (text: string) => void,
): BodyBinding | NotImportable | undefined {
  const required = body.required === true;
  const content = jsonContent(body.content);
  if (!content) {
    const types = mediaTypes(body.content).join(", ") || "nothing";
    if (required) return { reason: `its request body is ${types}; only JSON can be carried` };
    note(`the optional request body (${types}) is left out: only JSON can be carried`);
    return undefined;
  }
  const schema = convertSchema(content.schema ?? true, document, "input");
  const properties = plainProperties(schema);
  if (!properties) return { kind: "whole", field: addField("body", "body", schema, required) };

  const { required: needed, $defs } = schema as { required?: unknown; $defs?: Record<string, JsonSchema> };
  const isNeeded = new Set(Array.isArray(needed) ? needed : []);
  const fields: [string, string][] = Object.entries(properties).map(([name, property]) => {
    const self = isObject(property) && $defs ? { ...property, $defs } : property;
    return [name, addField(name, "body", self, required && isNeeded.has(name))];
  });
  return { kind: "fields", fields: Object.fromEntries(fields) };
}

/** The properties of an object schema that says nothing beyond them, so that they can stand beside other fields. */
function plainProperties(schema: JsonSchema): Record<string, JsonSchema> | undefined {
  if (!isObject(schema) || schema.type !== "object" || !isObject(schema.properties)) return undefined;
  if (Object.keys(schema.properties).length === 0) return undefined;
  const spread = new Set([
    "type",
    "properties",
    "required",
    "description",
    "title",
    "examples",
    "$defs",
    "additionalProperties",
  ]);
  if (!Object.keys(schema).every((key) => spread.has(key))) return undefined;
  if (isObject(schema.additionalProperties)) return undefined;
  // A body that refers to itself as a whole (`#`) cannot be taken apart.
  return JSON.stringify(schema).includes('"$ref":"#"') ? undefined : (schema.properties as Record<string, JsonSchema>);
}

/** Moves a field's own `$defs` to the input's root, under a free name where two differ. */
function shareDefinitions(schema: JsonSchema, definitions: Map<string, JsonSchema>): JsonSchema {
  if (!isObject(schema) || !isObject(schema.$defs)) return schema;
  const { $defs, ...own } = schema;
  const renamed = new Map<string, string>();
  for (const [name, definition] of Object.entries($defs)) {
    let free = name;
    for (let copy = 2; !isSame(definitions.get(free), definition); copy++) free = `${name}_${copy}`;
    renamed.set(`#/$defs/${name}`, `#/$defs/${free}`);
    if (!definitions.has(free)) definitions.set(free, definition as JsonSchema);
  }
  const clashed = [...renamed].some(([from, to]) => from !== to);
  if (!clashed) return own;
  for (const to of renamed.values()) {
    const name = to.slice("#/$defs/".length);
    definitions.set(name, rename(definitions.get(name), renamed) as JsonSchema);
  }
  return rename(own, renamed) as JsonSchema;
}

const isSame = (known: JsonSchema | undefined, other: unknown): boolean =>
  known === undefined || JSON.stringify(known) === JSON.stringify(other);

function rename(value: unknown, refs: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((entry) => rename(entry, refs));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      key === "$ref" && typeof entry === "string" ? (refs.get(entry) ?? entry) : rename(entry, refs),
    ]),
  );
}
