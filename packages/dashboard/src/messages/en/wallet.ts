export const wallet = {
  available: "Available",
  held: "Held for calls under way",
  balance: "Balance",
  parts: "Parts of the wallet",
  tabs: { entries: "Entries", holds: "Holds", statements: "Statements" },

  entries: "What has moved the money, newest first",
  noEntries: "No money has come or gone yet. This puts ten dollars in:",
  time: "Time",
  what: "What",
  call: "Call",
  debit: "Out",
  credit: "In",
  after: "Balance",
  entry: "Entry",
  more: "Older",
  types: {
    topup: "Topped up",
    task: "Task",
    ucp_checkout: "Order",
    refund: "Given back",
    write_off: "Written off",
  } as Record<string, string>,
  ofAgent: "of",

  holds: "What is put aside, what lapses first before the rest",
  noHolds: "Nothing is put aside: no paid call is under way.",
  holdsWhy:
    "The price of a call is put aside before its agent is asked, and paid or given back when it ends. If a node dies meanwhile, it comes back by itself when it lapses.",
  since: "Since",
  amount: "Amount",
  lapses: "Lapses",
  lapsesNow: "now",
  callUnderWay: "is in the log when it ends",

  month: "Month",
  utcMonth: "UTC",
  opening: "Opening balance",
  closing: "Closing balance",
  reconciled: (count: number) =>
    count === 0
      ? "Reconciled: the lines lead from the opening to the closing balance."
      : `Reconciled: ${count === 1 ? "the one paid call is" : `all ${count} paid calls are`} in the call log, and the lines lead from the opening to the closing balance.`,
  notReconciled: (ledger: number, logged: number) =>
    `Not reconciled: the ledger has ${ledger} paid calls, the call log ${logged}. Tell whoever runs this gateway, with the month.`,
  tooManyLines: "Too many lines to reconcile here: `agentgate verify` does.",
  totals: "Sums by kind",
  kind: "Kind",
  count: "Entries",
  lines: "Lines, oldest first",
  noLines: "Nothing moved in this month.",
  later: "Later",
  csv: "All lines as CSV",

  topUp: "Top up",
  dollars: "US dollars",
  dollarsHint: "From 0.000001, to the millionth.",
  add: (amount: string) => `Add ${amount}`,
  addNothing: "Add",
  adding: (amount: string) => `Adding ${amount} …`,
  added: (amount: string, balance: string) => `${amount} was added. The balance is ${balance}.`,
  addedBefore: (amount: string, balance: string) =>
    `${amount} had been added already, once; the balance was ${balance} then. Nothing more was added now.`,
  uncertain: (amount: string) =>
    `It is not certain whether ${amount} was added: the answer did not come. Ask again: the request carries the same Idempotency-Key, so it is added once at most.`,
  askAgain: "Ask again",
  leaveIt: "Leave it",
  attempt: "Idempotency-Key",
  adminOnly: "The admin of this gateway tops wallets up. Ask them, and name this organization:",
  providerNext: "Money comes by a payment page of the provider; it is in the wallet when the provider has it.",
  goPay: (amount: string, host: string) => `Pay ${amount} at ${host}`,
  pendingPay: "Nothing is in the wallet yet: it comes with the payment.",

  low: "Tell when it falls low",
  lowHint: "When less than this is available, the webhook wallet.low is told, once each time it falls. 0 is never.",
} as const;
