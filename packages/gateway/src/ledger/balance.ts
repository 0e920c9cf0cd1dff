import type { MicroDollars } from "@agentgate/protocol";

/** What an account has. */
export interface Balance {
  account: string;
  /** All that was credited less all that was debited. */
  posted: MicroDollars;
  /** Reserved by open holds. */
  held: MicroDollars;
  /** posted − held: what can still be spent. */
  available: MicroDollars;
}

export function balanceOf(account: string, { posted, held }: { posted: MicroDollars; held: MicroDollars }): Balance {
  return { account, posted, held, available: posted - held };
}
