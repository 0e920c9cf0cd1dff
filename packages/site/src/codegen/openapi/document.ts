import { isObject, resolveReference } from "../schema-reference.ts";

/** A parsed OpenAPI 3.0 or 3.1 document. What it holds is checked where it is read. */
export type OpenApiDocument = { readonly [key: string]: unknown };
export type OpenApiNode = { readonly [key: string]: unknown };

/** The document cannot be imported at all; the message says what to do. */
export class OpenApiImportError extends Error {
  override readonly name = "OpenApiImportError";
}

export function requireDocument(value: unknown): OpenApiDocument {
  if (!isObject(value)) throw new OpenApiImportError("This is not an OpenAPI document: expected an object at the top.");
  if ("swagger" in value) {
    throw new OpenApiImportError(
      `This is Swagger ${String(value.swagger)}. Convert it to OpenAPI 3 first, for example with \`npx swagger2openapi file.json\`.`,
    );
  }
  if (typeof value.openapi !== "string" || !/^3\.[012]/.test(value.openapi)) {
    throw new OpenApiImportError(
      'This is not an OpenAPI 3 document: expected a top-level key like `openapi: "3.1.0"`.',
    );
  }
  if (!isObject(value.paths))
    throw new OpenApiImportError("The document has no `paths`, so there is nothing to import.");
  return value;
}

/**
 * Follows `$ref` chains inside the document until an object without one; siblings of a `$ref` win over what it names.
 *
 * @returns undefined for a dangling, external or circular chain, or when the value is no object.
 */
export function follow(document: OpenApiDocument, value: unknown): OpenApiNode | undefined {
  let siblings: OpenApiNode = {};
  for (let hops = 0; hops < 16; hops++) {
    if (!isObject(value)) return undefined;
    const { $ref, ...rest } = value;
    siblings = { ...rest, ...siblings };
    if (typeof $ref !== "string") return siblings;
    value = resolveReference(document, $ref);
  }
  return undefined;
}
