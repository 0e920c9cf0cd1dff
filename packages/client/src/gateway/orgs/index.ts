export { ApiKeys } from "./api-keys.ts";
export type { KeyBounds, KeyBudgetFields, KeyChanges } from "./key-fields.ts";
export type { NewOrg, OrgFields } from "./org-fields.ts";
export { type ListOrgsOptions, type OrgAgentFilter, OrgCalls, type OrgFilter } from "./orgs.ts";
export { SessionCalls } from "./sessions.ts";
