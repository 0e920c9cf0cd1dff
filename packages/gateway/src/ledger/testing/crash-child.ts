// Works on a ledger, and verifies it, as fast as it can until it is killed, and says what was acknowledged, a line each, as soon as it was.
// Arguments: data directory, name of this life, database URL. AGENTGATE_FAILPOINT may choose the place of death.
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { openLeases } from "../../leases/index.ts";
import { silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import { openStorage } from "../../storage/index.ts";
import { failPointFrom, Ledger, LedgerWatch, payment, topup } from "../index.ts";

const [dataDirectory, life, databaseUrl] = process.argv.slice(2);
const storage = await openStorage({ dataDirectory: dataDirectory!, databaseUrl, clock: systemClock, log: silentLog });
const ledger = await Ledger.open({
  ...{ storage, clock: systemClock, random: systemRandom, log: silentLog },
  failPoint: failPointFrom(process.env.AGENTGATE_FAILPOINT),
});
// Whoever had it before is dead, which others would have to wait to be sure of.
await storage.db.deleteFrom("leases").execute();
const world = { storage, clock: systemClock, random: systemRandom, log: silentLog };
const watch = new LedgerWatch({
  ...{ ...world, leases: openLeases(world), audits: ledger.audits, now: () => ledger.elapsed },
  pace: { rows: 5, rest: 0, restMsMin: 0, lookMs: 5, everyMicros: 0n, unsavedSlicesMax: 1 },
});
watch.start();
/** Whatever is said is said whole, also while nobody has read what was said before. */
function say(line: string): void {
  let left = Buffer.from(`${line}\n`);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}
// None of these ends by itself: without this the next would begin with nothing kept.
flushCompileCache();
say("ready");

const account = "wallet";

async function user(name: string): Promise<never> {
  for (let n = 0; ; n++) {
    const key = `${name}-${n}`;
    say(`try ${key}`);
    const { transaction } = await ledger.post({ posting: topup({ account, amount: 10n }), key });
    say(`post ${transaction.id}`);
    const { hold } = await ledger.reserve({
      ...{ account, amount: 7n, type: "task" },
      lifetimeMs: n % 3 === 2 ? 1 : 60_000,
    });
    say(`reserve ${hold.id}`);
    if (n % 3 === 0) {
      await ledger.settle(hold.id, {
        posting: payment({ type: "task", payer: account, receiver: "owner", amount: 7n, fee: 1n }),
      });
      say(`settle ${hold.id}`);
    } else if (n % 3 === 1) {
      await ledger.release(hold.id);
      say(`release ${hold.id}`);
    }
  }
}

await Promise.all(Array.from({ length: 8 }, (_, n) => user(`${life}-${n}`)));
