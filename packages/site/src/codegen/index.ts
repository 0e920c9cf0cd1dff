export { docComment, propertyKey, typeName, variableName } from "./identifier.ts";
export { literal } from "./literal.ts";
export { renderManifestTypes } from "./manifest-types.ts";
export { commentLines, commentText, quoted } from "./plain-text.ts";
export { isObject, isSchema, type JsonSchema } from "./schema-reference.ts";
export { TypeWriter } from "./type-writer.ts";
