import { isObject, type JsonSchema } from "@agentgate/site/codegen";
import type { SchemaConverter } from "./convert-schema.ts";
import { follow, type OpenApiDocument, type OpenApiNode } from "./document.ts";
import { snakeCase } from "./intent-name.ts";
import { jsonContent } from "./media-type.ts";
import { type ParameterPlace, parameterStyle, type WrittenStyle } from "./parameter-style.ts";
import { plainText } from "./plain-text.ts";
import { propertyNames, type ValueKind, valueKinds } from "./value-kinds.ts";

/** A parameter of the API that becomes an input. */
export interface Parameter {
  readonly in: ParameterPlace;
  /** Its name upstream. */
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  /** The name that the input would like to have. */
  readonly wanted: string;
  readonly written?: WrittenStyle;
}

/** The operation cannot become an intent, because of `reason`. */
export interface NotImportable {
  readonly reason: string;
}

/** OpenAPI: parameters of these names are to be ignored; they are described by other means. */
const describedElsewhere = new Set(["accept", "content-type", "authorization"]);
/** Headers that belong to the connection, not to the caller: no HTTP client lets them be set. */
const ofTheConnection = new Set(
  "host content-length connection keep-alive transfer-encoding te trailer upgrade expect proxy-authorization".split(
    " ",
  ),
);

/** Path, query, header and cookie of an operation, in this order. A path item's are inherited, overridden by name and place. */
export function operationParameters(
  document: OpenApiDocument,
  converter: SchemaConverter,
  path: string,
  pathItem: OpenApiNode,
  operation: OpenApiNode,
  credentialNames: ReadonlySet<string>,
  note: (text: string) => void,
): readonly Parameter[] | NotImportable {
  const expressions = templateExpressions(path);
  if (!expressions) return { reason: "its path is no template that can be filled" };
  const parameters: Parameter[] = [];
  for (const found of effectiveParameters(document, pathItem, operation)) {
    const { name, in: place, required, description } = found;
    if (typeof name !== "string" || !name) return { reason: "a parameter has no name, or its $ref leads nowhere" };
    if (credentialNames.has(`${place} ${name}`.toLowerCase())) continue;
    if (place === "header" && describedElsewhere.has(name.toLowerCase())) continue;
    const leftOut = (problem: string): NotImportable | undefined => {
      if (required === true || place === "path") return { reason: `parameter "${name}": ${problem}` };
      note(`parameter "${name}" is left out: ${problem}`);
      return undefined;
    };
    if (place === "path" && !expressions.has(name)) {
      note(`parameter "${name}" is left out: the path has no {${name}}`);
      continue;
    }
    const problem = headerProblem(place, name);
    const schema = converter.convert(schemaOf(found), "input", (text) => note(`parameter "${name}": ${text}`));
    const style = problem ? { problem } : parameterStyle(found, schema, converter.definitions);
    if ("problem" in style) {
      const reason = leftOut(style.problem);
      if (reason) return reason;
      continue;
    }
    if (style.note) note(`parameter "${name}": ${style.note}`);
    const text = typeof description === "string" ? plainText(description, 500) : "";
    const taken = place === "path" ? notEmpty(schema, converter) : schema;
    parameters.push({
      in: place as ParameterPlace,
      name,
      schema: text ? { ...(isObject(taken) ? taken : {}), description: text } : taken,
      required: required === true || place === "path",
      wanted: place === "header" ? snakeCase(name) || name : name,
      ...(style.written && { written: style.written }),
    });
  }
  const declared = new Set(parameters.flatMap((parameter) => (parameter.in === "path" ? [parameter.name] : [])));
  for (const name of [...expressions].filter((expression) => !declared.has(expression)).reverse()) {
    note(`{${name}} of the path is not described; it is taken as a text`);
    parameters.unshift({ in: "path", name, schema: { type: "string", minLength: 1 }, required: true, wanted: name });
  }
  return parameters.length > 1 ? distinguishable(parameters, converter, note) : parameters;
}

/** A part of a path cannot be empty: it would be another path. */
function notEmpty(schema: JsonSchema, { definitions }: SchemaConverter): JsonSchema {
  if (schema === false) return schema;
  const own: Record<string, unknown> = isObject(schema) ? schema : {};
  if ("enum" in own || "const" in own) return schema;
  const types = [own.type].flat();
  const kinds = valueKinds(schema, definitions);
  const isText = types.includes("string") || (types[0] === undefined && kinds.has("primitive"));
  const isOnly = (kind: ValueKind) => kinds.size === 1 && kinds.has(kind);
  const keyword = isText ? "minLength" : isOnly("array") ? "minItems" : isOnly("object") ? "minProperties" : undefined;
  return keyword === undefined ? schema : { ...own, [keyword]: Math.max(1, Number(own[keyword]) || 0) };
}

function schemaOf({ schema, content }: OpenApiNode): unknown {
  return schema ?? jsonContent(content)?.content.schema ?? true;
}

/** The names in a path's braces; undefined when it has others than OpenAPI's simple ones. */
function templateExpressions(path: string): Set<string> | undefined {
  const names = [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!);
  const isPlain = !/[{}]/.test(path.replace(/\{[^{}]*\}/g, ""));
  return isPlain && names.every((name) => /^[^+#./;?&*,|!@=\s][^*]*$/.test(name)) ? new Set(names) : undefined;
}

function headerProblem(place: unknown, name: string): string | undefined {
  if (place !== "header" && place !== "cookie") return undefined;
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) return `no ${place} can have this name`;
  return place === "header" && (ofTheConnection.has(name.toLowerCase()) || name.toLowerCase() === "cookie")
    ? "this header is not the caller's to set"
    : undefined;
}

/** Of an object that is taken apart, no key may be the name of another parameter. */
function distinguishable(
  parameters: readonly Parameter[],
  { definitions }: SchemaConverter,
  note: (text: string) => void,
): readonly Parameter[] | NotImportable {
  const kept: Parameter[] = [];
  for (const parameter of parameters) {
    const isTakenApart = parameter.in === "query" && (!parameter.written || isExplodedForm(parameter.written));
    const others = new Set(
      parameters.flatMap((other) => (other !== parameter && other.in === "query" ? [other.name] : [])),
    );
    const clash = isTakenApart
      ? propertyNames(parameter.schema, definitions).find((name) => others.has(name))
      : undefined;
    if (clash === undefined) kept.push(parameter);
    else {
      const problem = `parameter "${parameter.name}" holds "${clash}", which is a parameter as well`;
      if (parameter.required) return { reason: problem };
      note(`${problem}; it is left out`);
    }
  }
  return kept;
}

const isExplodedForm = ({ style, explode }: WrittenStyle): boolean => style === "form" && explode;

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
