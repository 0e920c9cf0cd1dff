import { AgentGateClient } from "@agentgate/client";
import { type MicroDollars, microDollarsToNumber } from "@agentgate/protocol";
import { makeShortKey } from "../../app/short-key.ts";

/** How the key is called in the list of keys. */
const KEY_NAME = "Run a chain";
const LIVES_SECONDS = 600;

export interface RunKeyTerms {
  /** Whose key it is, and who pays; null for the admin's own, with which nobody pays. */
  orgId: string | null;
  /** What a run costs at most, and its dearest step. */
  cost: { total: MicroDollars; most: MicroDollars };
}

/**
 * A client for one run, whose key may run chains and spend no more than was shown.
 * @throws GatewayError when this session may make no keys
 */
export async function clientForRun({ orgId, cost }: RunKeyTerms): Promise<{ client: AgentGateClient; end(): void }> {
  const scopes = ["chains:run", "tasks:call", ...(orgId === null ? ["tasks:call_unpaid"] : [])];
  const budget = { amount: microDollarsToNumber(cost.total), period: "total" } as const;
  const { key, end } = await makeShortKey(orgId, KEY_NAME, scopes, {
    expiresIn: LIVES_SECONDS,
    ...(orgId !== null && { perCallMax: microDollarsToNumber(cost.most) }),
    ...(orgId !== null && cost.total > 0n && { budgets: [budget] }),
  });
  const fetchByKey: typeof fetch = (input, init) => fetch(input, { ...init, credentials: "omit" });
  return { client: new AgentGateClient({ baseUrl: location.origin, apiKey: key, fetch: fetchByKey, retries: 0 }), end };
}
