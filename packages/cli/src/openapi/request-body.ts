import { isObject, type JsonSchema } from "@agentgate/site/codegen";
import type { SchemaConverter } from "./convert-schema.ts";
import { follow, type OpenApiDocument, type OpenApiNode } from "./document.ts";
import { formContent, jsonContent, mediaTypes } from "./media-type.ts";
import type { WrittenStyle } from "./parameter-style.ts";
import type { NotImportable } from "./parameters.ts";
import { isNested, valueKinds } from "./value-kinds.ts";

export type BodyForm = "json" | "form" | "multipart";

/** The upstream body: made of input fields by their upstream names, or one input field as a whole. */
export type BodyBinding =
  | {
      readonly kind: "fields";
      readonly form: BodyForm;
      readonly contentType?: string;
      readonly fields: Readonly<Record<string, string>>;
      readonly written: Readonly<Record<string, WrittenStyle>>;
      /** Sent even when none of the fields is given. */
      readonly required: boolean;
    }
  | { readonly kind: "whole"; readonly form: "json"; readonly contentType?: string; readonly field: string };

export type AddField = (wanted: string, place: string, schema: JsonSchema, required: boolean) => string;

const withoutBody = new Set(["get", "head", "delete"]);

/** Binds an operation's body to input fields. */
export function requestBody(
  document: OpenApiDocument,
  converter: SchemaConverter,
  method: string,
  operation: OpenApiNode,
  addField: AddField,
  note: (text: string) => void,
): BodyBinding | NotImportable | undefined {
  if (operation.requestBody === undefined) return undefined;
  if (withoutBody.has(method)) {
    note(`its request body is left out: one of ${method.toUpperCase()} means nothing`);
    return undefined;
  }
  const body = follow(document, operation.requestBody);
  if (!body) return { reason: "its request body's $ref leads nowhere" };
  const isRequired = body.required === true;
  const json = jsonContent(body.content);
  const found = json ?? formContent(body.content);
  if (!found) {
    const types = mediaTypes(body.content).join(", ") || "nothing";
    return { reason: `its request body is ${types}; only JSON and forms can be carried` };
  }
  const schema = converter.convert(found.content.schema ?? true, "input", (text) => note(`body: ${text}`));
  const contentType = json && json.type !== "application/json" ? { contentType: json.type } : {};
  const plain = plainProperties(schema, converter.definitions);
  if (json && !plain)
    return { kind: "whole", form: "json", ...contentType, field: addField("body", "body", schema, isRequired) };
  if (!plain) return { reason: `its request body is a form (${found.type}) whose fields are not described` };

  const form: BodyForm = json ? "json" : found.type === "multipart/form-data" ? "multipart" : "form";
  const fields: [string, string][] = [];
  const written: Record<string, WrittenStyle> = {};
  for (const [name, property] of Object.entries(plain.properties)) {
    const isNeeded = plain.required.has(name);
    if (form !== "json") {
      const field = formField(name, property, found.content, form, converter);
      if ("problem" in field) {
        if (isNeeded) return { reason: `field "${name}" of its form: ${field.problem}` };
        note(`field "${name}" is left out: ${field.problem}`);
        continue;
      }
      if (field.note) note(`field "${name}": ${field.note}`);
      if (field.written) written[name] = field.written;
    }
    fields.push([name, addField(name, "body", property, isRequired && isNeeded)]);
  }
  if (fields.length === 0) return { reason: "none of its form's fields can be carried" };
  return { kind: "fields", form, ...contentType, fields: Object.fromEntries(fields), written, required: isRequired };
}

interface PlainBody {
  readonly properties: Record<string, JsonSchema>;
  readonly required: ReadonlySet<unknown>;
}

const spreadable = new Set([
  "type",
  "properties",
  "required",
  "description",
  "title",
  "examples",
  "additionalProperties",
  "default",
  "deprecated",
]);

/** The properties of an object schema that says nothing beyond them, so that they can stand beside other fields. */
function plainProperties(schema: JsonSchema, definitions: ReadonlyMap<string, JsonSchema>): PlainBody | undefined {
  let found = schema;
  for (let hops = 0; hops < 16 && isObject(found) && typeof found.$ref === "string"; hops++) {
    if (Object.keys(found).some((key) => key !== "$ref" && key !== "description")) return undefined;
    found = definitions.get(found.$ref.slice("#/$defs/".length)) ?? true;
  }
  if (!isObject(found) || found.type !== "object" || !isObject(found.properties)) return undefined;
  if (Object.keys(found.properties).length === 0 || isObject(found.additionalProperties)) return undefined;
  if (!Object.keys(found).every((key) => spreadable.has(key))) return undefined;
  return {
    properties: found.properties as Record<string, JsonSchema>,
    required: new Set(Array.isArray(found.required) ? found.required : []),
  };
}

type FormField = { readonly written?: WrittenStyle; readonly note?: string } | { readonly problem: string };

/** How a form's field is written (OpenAPI 3.1.1, Encoding Object), or why it cannot be. */
function formField(
  name: string,
  schema: JsonSchema,
  { encoding }: OpenApiNode,
  form: BodyForm,
  { definitions }: SchemaConverter,
): FormField {
  if (isBinary(schema, definitions)) return { problem: "a file cannot be carried" };
  const own = isObject(encoding) && Object.hasOwn(encoding, name) && isObject(encoding[name]) ? encoding[name] : {};
  const { style, explode, contentType } = own;
  const types = typeof contentType === "string" ? contentType.split(",").map((type) => type.trim()) : [];
  if (types.length > 0 && !types.some((type) => /^(text\/plain|\*\/\*|(.*[/+])json)\b/i.test(type)))
    return { problem: `it is ${String(contentType)}, which cannot be carried` };
  if (form === "multipart") return {};
  const kinds = valueKinds(schema, definitions);
  if (style === undefined && explode === undefined) return {}; // by content type: text, a list repeated, an object as JSON
  const named = style === undefined ? "form" : String(style);
  const isExploded = typeof explode === "boolean" ? explode : named === "form";
  const isPlain = kinds.size === 1 && kinds.has("primitive");
  if (isPlain && named !== "form") return {}; // one value is written the same way
  const nested = !kinds.has("primitive") && isNested(schema, definitions);
  if (named === "deepObject") {
    const isList = kinds.size === 1 && kinds.has("array");
    const open = nested || isList ? { note: "its values are sent as a[b][c], which OpenAPI leaves open" } : {};
    return { written: { style: isList ? "deepObject" : "deepObject", explode: true }, ...open };
  }
  const isDefined = named === "form" || (/^(space|pipe)Delimited$/.test(named) && !isExploded);
  if (!isDefined) return { problem: `style "${named}" is not defined for it` };
  if (nested) return { problem: `style "${named}" is not defined for lists or objects in its values` };
  return { written: { style: named as WrittenStyle["style"], explode: isExploded } };
}

function isBinary(schema: JsonSchema, definitions: ReadonlyMap<string, JsonSchema>, depth = 0): boolean {
  if (!isObject(schema) || depth > 8) return false;
  if (typeof schema.$ref === "string")
    return isBinary(definitions.get(schema.$ref.slice("#/$defs/".length)) ?? true, definitions, depth + 1);
  const { format, contentMediaType, contentEncoding, items } = schema;
  if (
    format === "binary" ||
    (typeof contentMediaType === "string" && contentEncoding === undefined && !/json|text/.test(contentMediaType))
  )
    return true;
  return isObject(items) && isBinary(items, definitions, depth + 1);
}
