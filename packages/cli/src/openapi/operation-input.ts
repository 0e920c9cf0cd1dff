import type { JsonSchema } from "@agentgate/site/codegen";
import type { SchemaConverter } from "./convert-schema.ts";
import type { OpenApiDocument, OpenApiNode } from "./document.ts";
import type { ParameterPlace, WrittenStyle } from "./parameter-style.ts";
import { type NotImportable, operationParameters } from "./parameters.ts";
import { type BodyBinding, requestBody } from "./request-body.ts";

/** One input field and where it travels in the upstream request. */
export interface ParameterBinding {
  readonly in: ParameterPlace;
  /** The parameter's name upstream. */
  readonly name: string;
  /** The field of the intent's input. */
  readonly field: string;
  readonly written?: WrittenStyle;
}

export interface OperationInput {
  readonly schema: JsonSchema;
  readonly parameters: readonly ParameterBinding[];
  readonly body?: BodyBinding;
}

interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

const forbiddenFields = new Set(["__proto__", "constructor", "prototype"]);

/**
 * One flat input object out of parameters and body. Names that collide get their place as prefix. A body that is no plain
 * object becomes the field `body`.
 */
export function operationInput(
  document: OpenApiDocument,
  converter: SchemaConverter,
  {
    path,
    method,
    pathItem,
    operation,
  }: { path: string; method: string; pathItem: OpenApiNode; operation: OpenApiNode },
  credentialNames: ReadonlySet<string>,
  note: (text: string) => void,
): OperationInput | NotImportable {
  const fields = new Map<string, Field>();
  const addField = (wanted: string, place: string, schema: JsonSchema, required: boolean): string => {
    let name = fields.has(wanted) || forbiddenFields.has(wanted) ? `${place}_${wanted}` : wanted;
    for (let copy = 2; fields.has(name); copy++) name = `${place}_${wanted}_${copy}`;
    if (name !== wanted) note(`${place} field "${wanted}" is called "${name}"`);
    fields.set(name, { name, schema, required });
    return name;
  };

  const found = operationParameters(document, converter, path, pathItem, operation, credentialNames, note);
  if ("reason" in found) return found;
  const parameters = found.map(({ in: place, name, schema, required, wanted, written }) => ({
    in: place,
    name,
    field: addField(wanted, place, schema, required),
    ...(written && { written }),
  }));
  const body = requestBody(document, converter, method, operation, addField, note);
  if (body && "reason" in body) return body;

  const required = [...fields.values()].filter((field) => field.required).map(({ name }) => name);
  return {
    schema: {
      type: "object",
      properties: Object.fromEntries([...fields.values()].map(({ name, schema }) => [name, schema])),
      ...(required.length > 0 && { required }),
    },
    parameters,
    ...(body && { body }),
  };
}
