import type { MicroDollars } from "@agentgate/protocol";
import type { Org } from "../orgs/index.ts";

/** What this many calls of the organization's own agents are metered at. */
export const meteredCost = (org: Org, invocations: number): MicroDollars => org.costPerInvocation * BigInt(invocations);
