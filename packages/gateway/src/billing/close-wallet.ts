import { formatMicroDollars } from "@agentgate/protocol";
import { Problem } from "../http/index.ts";
import type { Ledger } from "../ledger/index.ts";

/** Empties a wallet whose organization is about to go. @throws Problem 409 when it is not empty and `force` is off. */
export async function closeWallet(ledger: Ledger, orgId: string, force: boolean): Promise<void> {
  const { posted, held } = await ledger.queries.balance(orgId);
  if (posted === 0n && held === 0n) return;
  if (!force) {
    throw new Problem(
      409,
      `The wallet holds ${formatMicroDollars(posted)} USD (${formatMicroDollars(held)} of it for calls under way); ` +
        "spend or pay it out first, or delete with ?force=true, which writes it off",
      { code: "wallet_not_empty" },
    );
  }
  await ledger.writeOff(orgId);
}
