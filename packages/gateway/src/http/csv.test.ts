import fc from "fast-check";
import { expect, test } from "vitest";
import { csvCell, csvLine } from "./csv.ts";

test("cells that a spreadsheet would run are text", () => {
  for (const text of ["=1+1", "+1", "@SUM(A1)", "-2+3", "\t=1", "\r=1", " =1", "\u200b=1", "＝1", "|cmd", "%0A"]) {
    expect(csvCell(text), JSON.stringify(text)).toMatch(/^"?'/);
  }
  expect([csvCell("plain"), csvCell(-1.5), csvCell("-1.5"), csvCell(null), csvCell(true)]).toEqual([
    ...["plain", "-1.5", "-1.5", "", "true"],
  ]);
});

test("what is written is read again, but for the apostrophes", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "=", '"', ",", "\r", "\n", "'", "-", "ü") });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (cells) => {
      const read = readLine(csvLine(cells));
      expect(read.map((text) => text.replace(/^'/, ""))).toEqual(cells.map((text) => text.replace(/^'/, "")));
    }),
  );
});

/** As RFC 4180 has it. */
function readLine(line: string): string[] {
  const cells: string[] = [];
  for (const [, quoted, bare] of line.matchAll(/(?:^|(?<=,))(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?=,|\r\n$)/g)) {
    cells.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
  }
  return cells;
}
