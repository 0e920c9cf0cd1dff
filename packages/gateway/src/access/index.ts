export { actions, adminScopes, type ListedAction, orgScopes } from "./actions.ts";
export { callUse, type KeyUse, requestUse } from "./key-use.ts";
export {
  type Actor,
  actorOf,
  demandCall,
  demandOwn,
  demandPrice,
  demandUse,
  limitsOf,
  may,
  mayGive,
  type Owned,
  organization,
  orgOf,
  orgScope,
  scopeOf,
  subjectOf,
  usable,
} from "./may.ts";
export {
  adminPrincipal,
  gatewayPrincipal,
  type KeyBudget,
  type KeyLimits,
  limitedAdmin,
  orgPrincipal,
} from "./principals.ts";
export {
  type Granted,
  granteeOf,
  isGrantable,
  isPublic,
  type Reach,
  reachOf,
  type Shown,
  type Sight,
  sightOf,
  type Visibility,
  visibilities,
} from "./visibility.ts";
