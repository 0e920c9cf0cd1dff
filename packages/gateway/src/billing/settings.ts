/** Who may put money into a wallet: anybody with the org's key at once, the admin alone, or a payment provider. */
export type TopupMode = { kind: "open" } | { kind: "admin" } | { kind: "provider"; checkoutUrl: string };
