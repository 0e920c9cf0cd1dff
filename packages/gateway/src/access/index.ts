export { actions, type ListedAction } from "./actions.ts";
export { demandOwn, may, type Owned, organization, orgOf, orgScope, scopeOf, subjectOf } from "./may.ts";
export { adminPrincipal, orgPrincipal } from "./principals.ts";
