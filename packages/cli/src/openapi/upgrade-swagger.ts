import { isObject } from "@agentgate/site/codegen";
import { upgradeFromTwoToThree } from "@scalar/openapi-upgrader/2.0-to-3.0";
import { OpenApiImportError } from "./import-error.ts";
import { resolvePointer } from "./json-pointer.ts";

type Node = Record<string, unknown>;

/** Swagger 2.0 as OpenAPI 3.0; anything else as it is. The document's references have been linked before. */
export function upgradeSwagger(document: unknown): unknown {
  if (!isObject(document) || !("swagger" in document)) return document;
  if (!String(document.swagger).startsWith("2.")) return document;
  if (!isObject(document.paths)) return { openapi: "3.0.4" };
  try {
    return upgradeFromTwoToThree(soundSwagger({ ...document, swagger: "2.0" }));
  } catch (error) {
    throw new OpenApiImportError(
      `This Swagger 2.0 document cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * What the upgrade does not see or trips over: operations and bodies behind references, parameters that are none, list
 * formats that have no equal, `http` before `https`.
 */
function soundSwagger(document: Node): Node {
  const behind = (value: unknown): unknown => {
    const ref = isObject(value) ? value.$ref : undefined;
    return typeof ref === "string" ? structuredClone(resolvePointer(document, ref) ?? value) : value;
  };
  const parameters = (list: unknown): unknown =>
    Array.isArray(list)
      ? list.map((entry) => soundParameter(behind(entry))).filter((entry) => entry !== undefined)
      : list;
  const paths: Node = {};
  for (const [path, item] of Object.entries(isObject(document.paths) ? document.paths : {})) {
    const pathItem = behind(item);
    if (!isObject(pathItem)) continue;
    const sound: Node = {};
    for (const [key, value] of Object.entries(pathItem)) {
      if (key === "parameters") sound[key] = parameters(value);
      else if (key === "$ref") sound[key] = value;
      else if (methods.has(key)) {
        const operation = behind(value);
        if (!isObject(operation)) continue;
        const responses = Object.entries(isObject(operation.responses) ? operation.responses : {})
          .map(([status, response]) => [status, behind(response)] as const)
          .filter(([, response]) => isObject(response));
        sound[key] = {
          ...operation,
          ...("parameters" in operation && { parameters: parameters(operation.parameters) }),
          responses: Object.fromEntries(responses),
        };
      }
    }
    paths[path] = sound;
  }
  const shared = Object.entries(isObject(document.parameters) ? document.parameters : {})
    .map(([name, parameter]) => [name, soundParameter(behind(parameter))] as const)
    .filter(([, parameter]) => parameter !== undefined);
  const { parameters: _, ...rest } = document;
  const schemes = Array.isArray(document.schemes) ? document.schemes : ["https"];
  return {
    ...rest,
    ...(shared.length > 0 && { parameters: Object.fromEntries(shared) }),
    schemes: [...schemes.filter((scheme) => scheme === "https"), ...schemes.filter((scheme) => scheme !== "https")],
    paths,
  };
}

const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch"]);

function soundParameter(parameter: unknown): unknown {
  if (!isObject(parameter)) return undefined;
  if (typeof parameter.$ref === "string")
    return { name: "", in: "query", description: `leads nowhere: ${parameter.$ref}` };
  if (typeof parameter.in !== "string") return { ...parameter, in: "nowhere" };
  const { collectionFormat, in: place } = parameter;
  const hasNoEqual =
    collectionFormat === "tsv" || (place !== "query" && place !== "formData" && collectionFormat !== "csv");
  if (collectionFormat === undefined || !hasNoEqual) return parameter;
  return { ...parameter, style: String(collectionFormat) };
}
