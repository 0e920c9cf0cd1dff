import type { KeyUse } from "../access/index.ts";
import type { Agent } from "../agents/index.ts";
import type { Principal } from "../http/index.ts";

/** Who looks at an agent, without a token of the limits. */
export interface Looked {
  /** As this caller sees it. */
  agent: Agent;
  caller: Principal | undefined;
  /** Whose key would pay, whether there is a price or not. */
  payer: Principal | undefined;
  /** Who pays; null for nobody. */
  payerOrgId: string | null;
  /** Whose tasks, and whose Idempotency-Keys, these are. */
  callerScope: string;
  /** Shows no key that anybody has. */
  isAnonymous: boolean;
  /** The keys that let it in. */
  keyUse: KeyUse;
}
