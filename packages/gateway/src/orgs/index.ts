export { settleAdminKey } from "./admin-key.ts";
export { orgRefusals, wireTier } from "./fields.ts";
export type { KeyWatch, OnKeyEnded } from "./key-watch.ts";
export { type Org, rateLimitOf, toWireOrg } from "./org.ts";
export { Principals } from "./principals.ts";
export { OrgRegistry } from "./registry.ts";
export { type OrgsRoom, openOrgs } from "./room.ts";
export type { WatchWallet } from "./wallet-watch.ts";
