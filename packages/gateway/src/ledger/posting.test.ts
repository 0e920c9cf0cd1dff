import fc from "fast-check";
import { expect, test } from "vitest";
import { platformAccount, worldAccount } from "./accounts.ts";
import { assertPosting, consolidate, payment, topup, withdrawal } from "./posting.ts";

const account = fc.constantFrom("a", "b", "c", platformAccount, worldAccount);
const percent = fc.bigInt({ min: 0n, max: 100n });
const amount = fc.bigInt({ min: 0n, max: 1_000_000n });

test("every posting balances, whoever pays whom, and consolidating keeps what each account gets (P2, P7)", () => {
  fc.assert(
    fc.property(account, fc.option(account), amount, percent, (payer, receiver, amount, percent) => {
      const fee = (amount * percent) / 100n;
      for (const posting of [
        payment({ type: "task", payer, receiver, amount, fee }),
        topup({ account: payer, amount }),
        withdrawal({ account: payer, amount, type: "payout" }),
      ]) {
        assertPosting(posting);
        const legs = consolidate(posting.legs);
        expect(legs.reduce((sum, leg) => sum + leg.amount, 0n)).toBe(0n);
        expect(new Set(legs.map((leg) => leg.account)).size).toBe(legs.length);
        for (const { account, amount } of legs) {
          const given = posting.legs.filter((leg) => leg.account === account);
          expect(amount).toBe(given.reduce((sum, leg) => sum + leg.amount, 0n));
        }
      }
    }),
  );
});

test("a payer that is its own receiver is left with the fee to pay", () => {
  const { legs } = payment({ type: "task", payer: "a", receiver: "a", amount: 100n, fee: 3n });
  expect(consolidate(legs)).toEqual([
    { account: "a", amount: -3n },
    { account: platformAccount, amount: 3n },
  ]);
});
