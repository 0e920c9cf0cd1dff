import { formatMicroDollars } from "@agentgate/protocol";
import type { TopupUrl } from "./wallet.ts";

/** Where an organization fills its wallet: the payment provider's page, where there is one. */
export const topupUrlOf =
  ({ topup, topupCheckoutUrl }: { topup: string; topupCheckoutUrl: string | undefined }): TopupUrl =>
  (orgId, amount) =>
    topup === "provider"
      ? topupCheckoutUrl
          ?.replaceAll("{org_id}", encodeURIComponent(orgId))
          .replaceAll("{amount}", encodeURIComponent(formatMicroDollars(amount)))
      : undefined;
