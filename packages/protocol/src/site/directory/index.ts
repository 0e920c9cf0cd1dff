export {
  type DirectoryFlow,
  type DirectoryIntent,
  type DirectorySite,
  directoryPath,
  directoryVersion,
  type SiteDirectory,
} from "./directory.ts";
export { directoryEntry, directoryLimits, type SeenSite } from "./entry.ts";
export { type DirectoryFinding, directoryFindings, directorySitesMax, siteFindings } from "./findings.ts";
export { directorySchema, directorySchemaPath } from "./schema.ts";
export { type SiteMatch, searchSites } from "./search.ts";
