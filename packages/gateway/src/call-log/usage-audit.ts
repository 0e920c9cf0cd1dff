import { type Storage, sumOf } from "../storage/index.ts";

const PAGE_ORGS = 100;
/** Rows of totals that one statement adds up, about. */
const STEP_ROWS = 4_000n;

interface Totals {
  invocations: bigint;
  errors: bigint;
}

/**
 * Checks that the totals by organization are the sums of those by agent and day. Both are moved in one transaction, and only ever grow:
 * what is added up while calls are counted lies between what the organization's total was before and what it is after.
 */
export function usageAudit({ db }: Pick<Storage, "db">) {
  const totalsOf = (orgId: string) =>
    db.selectFrom("usage_orgs").select(["invocations", "errors"]).where("org_id", "=", orgId).executeTakeFirst();
  return {
    name: "usage",
    async check(after: string, breathe: () => Promise<void>) {
      // Agents of an organization that is gone are still called, and belong to nobody then.
      const orgs = await db
        .selectFrom("orgs as o")
        // Told of both tables: PostgreSQL may join them in their order, and would begin the second one at its beginning.
        .leftJoin("usage_orgs as u", (join) => join.onRef("u.org_id", "=", "o.id").on("u.org_id", ">", after))
        .select(["o.id", "u.invocations", "u.errors"])
        .where("o.id", ">", after)
        .orderBy("o.id")
        .limit(PAGE_ORGS)
        .execute();
      const problems: { account: string; message: string }[] = [];
      for (const { id, invocations, errors } of orgs) {
        const before = { invocations: invocations ?? 0n, errors: errors ?? 0n };
        const sum = await summed(db, id, breathe);
        if (isBetween(before, sum, before)) continue;
        if (isBetween(before, sum, (await totalsOf(id)) ?? before)) continue;
        const message =
          `its usage is ${before.invocations} calls, ${before.errors} of them failed, but by agent and day it is ` +
          `${sum.invocations} and ${sum.errors}`;
        problems.push({ account: id, message });
      }
      return { problems, rows: orgs.length, next: orgs.length < PAGE_ORGS ? undefined : orgs.at(-1)!.id };
    },
  };
}

const isBetween = (from: Totals, { invocations, errors }: Totals, to: Totals): boolean =>
  from.invocations <= invocations && invocations <= to.invocations && from.errors <= errors && errors <= to.errors;

/** What an organization's agents were called, so many days at a time that a statement has little to read. */
async function summed(db: Storage["db"], orgId: string, breathe: () => Promise<void>): Promise<Totals> {
  const own = db.selectFrom("usage_daily").where("org_id", "=", orgId);
  const total = { invocations: 0n, errors: 0n };
  const endOf = (order: "asc" | "desc") => own.select("day").orderBy("day", order).limit(1).executeTakeFirst();
  const [first, last] = [await endOf("asc"), await endOf("desc")];
  if (!first || !last) return total;
  for (let day = first.day, days = 1n; day <= last.day; ) {
    if (day !== first.day) await breathe();
    const some = await own
      .where("day", ">=", day)
      .where("day", "<", day + days)
      .select((eb) => [
        eb.fn.countAll<bigint>().as("rows"),
        sumOf(eb.ref("invocations")).as("invocations"),
        sumOf(eb.ref("errors")).as("errors"),
      ])
      .executeTakeFirstOrThrow();
    total.invocations += some.invocations;
    total.errors += some.errors;
    day += days;
    if (some.rows > STEP_ROWS && days > 1n) days /= 2n;
    else if (some.rows < STEP_ROWS / 4n) days *= 2n;
  }
  return total;
}
