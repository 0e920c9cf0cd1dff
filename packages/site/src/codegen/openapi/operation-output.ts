import { isObject, type JsonSchema } from "../schema-reference.ts";
import { convertSchema } from "./convert-schema.ts";
import { follow, type OpenApiDocument, type OpenApiNode } from "./document.ts";
import { jsonContent, mediaTypes } from "./media-type.ts";
import type { NotImportable } from "./operation-input.ts";

/** The schema of the successful reply: of the lowest 2xx status, or `default`. A reply without content is `null`. */
export function operationOutput(
  document: OpenApiDocument,
  operation: OpenApiNode,
): { schema: JsonSchema } | NotImportable {
  const responses = isObject(operation.responses) ? operation.responses : {};
  const status =
    Object.keys(responses)
      .sort()
      .find((code) => /^2(\d\d|XX)$/i.test(code)) ?? (responses.default ? "default" : undefined);
  if (status === undefined) return { schema: true };
  const response = follow(document, responses[status]);
  if (!response) return { reason: `the $ref of its ${status} response leads nowhere` };
  const types = mediaTypes(response.content);
  if (types.length === 0) return { schema: { type: "null" } };
  const content = jsonContent(response.content);
  if (!content) return { reason: `it answers ${types.join(", ")}; only JSON can be carried` };
  return { schema: convertSchema(content.schema ?? true, document, "output") };
}
