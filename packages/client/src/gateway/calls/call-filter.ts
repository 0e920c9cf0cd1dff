import type { CallFilter } from "@agentgate/protocol";
import type { CallOptions } from "../http/index.ts";

/** Which calls are meant; filters hold together, of a list any may. */
export interface LogOptions extends CallOptions, CallFilter {
  /** `owner` (the default): calls to agents that were the organization's then; `payer`: calls that it paid for. */
  role?: "owner" | "payer" | undefined;
  /** For the admin: one organization's; without it, all. */
  orgId?: string | undefined;
  /** Milliseconds. */
  latencyMin?: number | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}
