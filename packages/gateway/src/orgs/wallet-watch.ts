import { microDollarsToJson } from "@agentgate/protocol";
import type { BalanceWatch } from "../ledger/index.ts";
import type { Announcer } from "../webhooks/index.ts";
import type { Org } from "./org.ts";

/** What tells an organization that its wallet falls below what it set, for a posting that it pays; undefined where nobody is to be told. */
export type WatchWallet = (orgId: string) => Promise<BalanceWatch | undefined>;

/** Each time the money in a wallet falls from the threshold or above it to below it, `wallet.low` is told in the posting's transaction. */
export function walletWatch(
  find: (orgId: string) => Org | undefined | Promise<Org | undefined>,
  announcer: Pick<Announcer, "audienceOf" | "statementsFor">,
): WatchWallet {
  return async (orgId) => {
    const org = await find(orgId);
    const threshold = org?.walletLowThreshold;
    if (org === undefined || threshold == null) return undefined;
    const audience = await announcer.audienceOf({ orgId });
    if (audience.endpoints.length === 0) return undefined;
    return ({ before, after }) => {
      if (before < threshold || after >= threshold) return [];
      return announcer.statementsFor([[audience, walletLow(org, after)]]);
    };
  };
}

export const walletLow = ({ id, name, walletLowThreshold }: Org, balance: bigint) => ({
  event: "wallet.low" as const,
  orgId: id,
  fields: {
    org_name: name,
    balance: microDollarsToJson(balance),
    wallet_low_threshold: microDollarsToJson(walletLowThreshold ?? 0n),
  },
});
