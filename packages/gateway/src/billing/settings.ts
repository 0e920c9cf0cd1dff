/** Who may put money into a wallet: anybody with the org's key at once, the admin alone, or a payment provider. */
export type TopupMode = { kind: "open" } | { kind: "admin" } | { kind: "provider"; checkoutUrl: string };

/** What the room reads of the gateway's settings. */
export interface BillingSettings {
  topup: TopupMode["kind"];
  topupCheckoutUrl: string | undefined;
}

export const topupModeOf = ({ topup, topupCheckoutUrl }: BillingSettings): TopupMode =>
  topup === "provider" ? { kind: topup, checkoutUrl: topupCheckoutUrl ?? "" } : { kind: topup };
