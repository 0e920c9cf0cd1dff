import { isObject } from "@agentgate/site/codegen";
import { linkDocument } from "./bundle-document.ts";
import { OpenApiImportError } from "./import-error.ts";
import { resolvePointer } from "./json-pointer.ts";
import { upgradeSwagger } from "./upgrade-swagger.ts";

/** A parsed OpenAPI 3 document whose references are pointers. What it holds is checked where it is read. */
export type OpenApiDocument = { readonly [key: string]: unknown };
export type OpenApiNode = { readonly [key: string]: unknown };

export function requireDocument(value: unknown): OpenApiDocument {
  if (!isObject(value)) throw new OpenApiImportError("This is not an OpenAPI document: expected an object at the top.");
  const document = upgradeSwagger(linkDocument(value));
  if (!isObject(document) || typeof document.openapi !== "string" || !/^3\.[012]/.test(document.openapi)) {
    throw new OpenApiImportError(
      'This is not an OpenAPI 3 or Swagger 2 document: expected a top-level key like `openapi: "3.1.0"`.',
    );
  }
  if (!isObject(document.paths))
    throw new OpenApiImportError("The document has no `paths`, so there is nothing to import.");
  return document;
}

/**
 * Follows `$ref` chains inside the document until an object without one; siblings of a `$ref` win over what it names.
 *
 * @returns undefined for a dangling or circular chain, or when the value is no object.
 */
export function follow(document: OpenApiDocument, value: unknown): OpenApiNode | undefined {
  let siblings: OpenApiNode = {};
  for (let hops = 0; hops < 32; hops++) {
    if (!isObject(value)) return undefined;
    const { $ref, ...rest } = value;
    siblings = { ...rest, ...siblings };
    if (typeof $ref !== "string") return siblings;
    value = resolvePointer(document, $ref);
  }
  return undefined;
}
