import { setting } from "../setting.ts";
import { choice, flag, optionalUrl } from "../values.ts";

/** Who pays, and with what. */
export const money = {
  topup: setting(
    "AGENTGATE_TOPUP",
    "admin",
    "Who may put money into a wallet: open (any key of the organization, at once), admin, or provider (see the next).",
    choice(["open", "admin", "provider"], "admin"),
  ),
  topupCheckoutUrl: setting(
    "AGENTGATE_TOPUP_CHECKOUT_URL",
    "none",
    "With provider: where an organization pays. {org_id} and {amount} are filled in; the provider's backend then credits with the admin key.",
    optionalUrl("http", "https"),
  ),
  selfServiceTiers: setting(
    "AGENTGATE_SELF_SERVICE_TIERS",
    "1",
    "Lets organizations change their own tier, limits and costs.",
    flag(true),
  ),
  allowUnpaid: setting(
    "AGENTGATE_ALLOW_UNPAID",
    "0",
    "Lets priced agents be called without a payer, for free.",
    flag(false),
  ),
};
