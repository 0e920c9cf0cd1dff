export { SchemaChecks, type SchemaChecksOptions, type SchemaFinding } from "./schema-checks.ts";
export { schemaFault } from "./schema-fault.ts";
