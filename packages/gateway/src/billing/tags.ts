/** What the operations on money are grouped as. */
export const walletsTag = { name: "Wallets", description: "What organizations have, pay and are paid" };
export const billingTag = {
  name: "Billing",
  description: "Metering, statements, and the proof that the books are right",
};
