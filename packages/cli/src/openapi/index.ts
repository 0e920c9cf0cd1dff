export { type Bundle, bundleDocument, type LoadDocument } from "./bundle-document.ts";
export { renderDraft } from "./draft.ts";
export { OpenApiImportError } from "./import-error.ts";
export {
  type ImportedOperation,
  type ImportOptions,
  type ImportRemark,
  importOpenApi,
  type OpenApiImport,
} from "./import-openapi.ts";
export { parseDocument } from "./parse-document.ts";
export { renderReport } from "./report.ts";
