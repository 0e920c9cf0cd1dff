import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Words that name money in this room. */
const money = "amount|fee|net|price|posted|held|available|balance|opening|closing|credited|debited|spent|earned|change";
const annotated = new RegExp(`\\b(${money})\\w*\\??: *(readonly )?number\\b`, "i");
const converted = new RegExp(`\\b(Number|parseFloat|parseInt|Math\\.\\w+)\\([^)]*\\b(${money})\\b`, "i");

test("no amount in the ledger is a number, and none is made of one (P7)", () => {
  const sources = globSync("{,verification/}*.ts", { cwd: import.meta.dirname }).filter(
    (file) => !/\.(test|suite|soak)\.ts$/.test(file),
  );
  expect(sources.length).toBeGreaterThan(15);
  const lines = sources.flatMap((file) =>
    readFileSync(`${import.meta.dirname}/${file}`, "utf8")
      .split("\n")
      .map((line, index) => ({ line, at: `${file}:${index + 1}` })),
  );
  const offending = lines.filter(({ line }) => annotated.test(line) || converted.test(line));
  expect(offending).toEqual([]);
  expect(annotated.test("  feeAmount?: number;")).toBe(true);
  expect(converted.test("const x = Math.round(Number(row.amount))")).toBe(true);
});
