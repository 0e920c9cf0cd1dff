export { renderManifestTypes } from "./manifest-types.ts";
export { type Bundle, bundleDocument, type LoadDocument } from "./openapi/bundle.ts";
export { OpenApiImportError } from "./openapi/document.ts";
export { renderDraft } from "./openapi/draft.ts";
export {
  type ImportedOperation,
  type ImportOptions,
  type ImportRemark,
  importOpenApi,
  type OpenApiImport,
} from "./openapi/import-openapi.ts";
export { renderReport } from "./openapi/report.ts";
