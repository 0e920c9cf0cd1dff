import { formatMicroDollars } from "@agentgate/protocol";
import { type AuditLog, asMoney, type By } from "../audit/index.ts";
import { Problem } from "../http/index.ts";
import type { BalanceWatch, Ledger } from "../ledger/index.ts";

/** Empties a wallet whose organization is about to go. @throws Problem 409 when it is not empty and `force` is off. */
export async function closeWallet(
  { ledger, auditLog }: { ledger: Ledger; auditLog: AuditLog },
  orgId: string,
  force: boolean,
  by: By,
): Promise<void> {
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
  await ledger.writeOff(orgId, { watch: watchWriteOff(auditLog, orgId, by) });
}

/** Writes down that money in a wallet was written off, with the posting that does so. */
export const watchWriteOff =
  (auditLog: AuditLog, orgId: string, by: By): BalanceWatch =>
  ({ before, after }) =>
    auditLog.statementsFor(by, {
      action: "wallet.written_off",
      orgId,
      target: { kind: "wallet", id: orgId },
      changes: [{ field: "balance", before: asMoney(before), after: asMoney(after) }],
    });
