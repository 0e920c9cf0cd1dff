import { isObject, type JsonSchema } from "@agentgate/site/codegen";
import type { SchemaConverter } from "./convert-schema.ts";
import { follow, type OpenApiDocument, type OpenApiNode } from "./document.ts";
import { jsonContent, mediaTypes } from "./media-type.ts";
import type { NotImportable } from "./parameters.ts";

/** The schema of the successful reply: of the lowest 2xx status, or `default`. A reply without content is `null`. */
export function operationOutput(
  document: OpenApiDocument,
  converter: SchemaConverter,
  operation: OpenApiNode,
  note: (text: string) => void,
): { schema: JsonSchema } | NotImportable {
  const responses = isObject(operation.responses) ? operation.responses : {};
  const status =
    Object.keys(responses)
      .sort()
      .find((code) => /^2(\d\d|XX)$/i.test(code)) ?? (responses.default ? "default" : undefined);
  if (status === undefined) return { schema: true };
  const response = follow(document, responses[status]);
  if (!response) {
    note(`the $ref of its ${status} response leads nowhere: anything may be answered`);
    return { schema: true };
  }
  const types = mediaTypes(response.content);
  if (types.length === 0) return { schema: { type: "null" } };
  const found = jsonContent(response.content);
  if (!found) return { reason: `it answers ${types.join(", ")}; only JSON can be carried` };
  return { schema: converter.convert(found.content.schema ?? true, "output", (text) => note(`reply: ${text}`)) };
}
