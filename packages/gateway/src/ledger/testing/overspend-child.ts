// Opens the ledger, says "ready", and at the first line on standard input reserves one dollar of the account as often as it
// is told, all at once. Prints the answers' counts as JSON. Arguments: data directory, account, times, database URL.
import { once } from "node:events";
import { silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import { openStorage } from "../../storage/index.ts";
import { Ledger, type LedgerError } from "../index.ts";

const [dataDirectory, account, times, databaseUrl] = process.argv.slice(2);
const storage = await openStorage({ dataDirectory: dataDirectory!, databaseUrl, clock: systemClock, log: silentLog });
const ledger = await Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
console.log("ready");
await once(process.stdin, "data");

const request = { account: account!, amount: 1_000_000n, type: "task", lifetimeMs: 60_000 };
const answers: Record<string, number> = {};
const count = (answer: string) => {
  answers[answer] = (answers[answer] ?? 0) + 1;
};
await Promise.all(
  Array.from({ length: Number(times) }, () =>
    ledger.reserve(request).then(
      () => count("reserved"),
      (error: LedgerError) => count(error.code),
    ),
  ),
);
console.log(JSON.stringify(answers));
await ledger.close();
await storage.close();
process.exit(0);
