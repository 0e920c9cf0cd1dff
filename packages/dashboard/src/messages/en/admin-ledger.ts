export const adminLedger = {
  verify: "Verify now",
  verifying: "Verifying",
  progress: (rows: string, of: string) => `Row ${rows} of ${of}. Calls are answered meanwhile.`,
  progressBehind: (of: string) => `All ${of} rows are read; balances, holds and totals are compared with them now.`,
  progressUnknown: "Reading from the first row on. Calls are answered meanwhile.",
  sound: "Sound",
  found: (rows: string, accounts: string, holds: string, took: string) =>
    `Every one of ${rows} rows, ${accounts} accounts and ${holds} open holds was checked in ${took}, at`,
  unsound: (count: string, isMost: boolean) => `Not sound: ${isMost ? "at least " : ""}${count} found`,
  whatNow:
    "A row that was changed outside the gateway, a restored copy or a fault of the disk can be the cause. Stop taking topups, keep a copy of the database as it is, and compare it with the last backup from the first row that is named here.",
  row: "Row",
  problem: "What is wrong",
  problems: "Problems",
  account: "Account",
  hold: "Hold",
  money: "Money by kinds of accounts",
  kinds: { wallets: "Wallets", platform: "Platform", world: "World outside" },
  kindsMean: {
    wallets: "of organizations",
    platform: "fees, and what agents without an owner earn",
    world: "minus all that was put in and not taken out",
  },
  sum: "Σ",
  held: "Held",
  heldMeans: "of what is in wallets, for calls under way",
  head: "Head of the journal",
  seq: "Row",
  hash: "Hash",
  written: "Written",
  copyHead: "Copy row and hash",
  keepHead: "Kept elsewhere, it proves later that nothing before it was changed or cut off.",
  background: "Verified in the background",
  backgroundMeans:
    "One node reads the journal slowly, day and night. What it finds is logged as an error and told here by every node.",
  walk: "Walk",
  walks: { new: "What is new", all: "Everything, from the first row" },
  state: "Found",
  problemsOf: (count: string) => `${count} found`,
  upTo: "Up to row",
  rowOf: (seq: string, head: string) => `${seq} of ${head}`,
  ended: "Ended",
  underWay: "under way",
  goesOn: "goes on",
  offline: "Prove it without the gateway",
  offlineWhy:
    "The command reads the database itself, by the same rules. The gateway may be stopped, and the database may be a backup.",
  commands: `# the embedded database
agentgate ledger verify --data ./.agentgate
# PostgreSQL
DATABASE_URL=postgres://... agentgate ledger verify`,
} as const;
