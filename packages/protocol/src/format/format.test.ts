import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatAge,
  formatClock,
  formatCount,
  formatDuration,
  formatInstant,
  formatMoney,
  formatPercent,
  formatPrice,
  formatShortCount,
  moneyDecimals,
  shortText,
  visibleText,
} from "./index.ts";

describe("money", () => {
  test.each([
    [1_500n, "$0.0015"],
    [0n, "$0.00"],
    [-1_204_500_000n, "−$1,204.50"],
    [1n, "$0.000001"],
    [4_000_000_000_000_000n, "$4,000,000,000.00"],
  ])("%s is %s", (amount, text) => expect(formatMoney(amount)).toBe(text));

  test("is exact whatever it is: what is shown reads back as the same amount", () => {
    const amount = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
    fc.assert(
      fc.property(amount, fc.nat(8), (micros, decimals) => {
        const [sign, digits] = formatMoney(micros, { decimals }).split("$") as [string, string];
        const [whole, fraction] = digits.replaceAll(",", "").split(".") as [string, string];
        const back = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
        expect(sign === "−" ? -back : back).toBe(micros);
        expect(fraction.length).toBeGreaterThanOrEqual(2);
        expect(fraction.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  test("of a column has as many decimals as its longest amount needs", () => {
    const amounts = [1_500n, 20_000_000n, -100n];
    const decimals = moneyDecimals(...amounts);
    expect(amounts.map((amount) => formatMoney(amount, { decimals }))).toEqual(["$0.0015", "$20.0000", "−$0.0001"]);
    expect([formatPrice(0n), formatPrice(10_000n), formatMoney(5n, { signed: true })]).toEqual([
      "Free",
      "$0.01",
      "+$0.000005",
    ]);
  });
});

describe("a percentage", () => {
  const plain = (part: number | bigint, whole: number | bigint) =>
    formatPercent(part, whole)?.replaceAll("\u00a0", " ");
  test.each([
    [9993, 10000, "99.93 %"],
    [1, 3, "33.33 %"],
    [0, 7, "0 %"],
    [7, 7, "100 %"],
    [999_999, 1_000_000, "99.9999 %"],
    [1, 1_000_000, "0.0001 %"],
  ])("%i of %i is %s", (part, whole, text) => expect(plain(part, whole)).toBe(text));

  test("is 100 only of all, and 0 only of none", () => {
    const counts = fc
      .bigInt({ min: 1n, max: 10n ** 20n })
      .chain((whole) => fc.tuple(fc.bigInt(0n, whole), fc.constant(whole)));
    fc.assert(
      fc.property(counts, ([part, whole]) => {
        const number = Number(plain(part, whole)!.replace(/[<> %]/g, ""));
        expect(number === 100).toBe(part === whole);
        expect(number === 0).toBe(part === 0n);
      }),
    );
    expect(formatPercent(0, 0)).toBeUndefined();
  });
});

describe("time", () => {
  test.each([
    [0.342, "0.34 ms"],
    [4.1, "4.10 ms"],
    [141.2, "141 ms"],
    [999.6, "1.00 s"],
    [29_000, "29.0 s"],
    [60_000, "1 min"],
    [252_400, "4 min 12 s"],
    [7_500_000, "2 h 5 min"],
    [200_000_000, "2 d 7 h"],
    [Number.NaN, "–"],
  ])("%d milliseconds are %s", (ms, text) => expect(formatDuration(ms).replaceAll("\u00a0", " ")).toBe(text));

  const at = Date.UTC(2026, 10, 30, 12, 2, 31, 482);
  test("of an instant is told in the reader's zone, which is shown", () => {
    expect(formatClock(at, { zone: "UTC" })).toBe("12:02:31.482");
    expect(formatInstant(at, { zone: "Europe/Athens" })).toBe("2026-11-30 14:02:31.482 UTC+2");
    expect(formatInstant(at, { zone: "UTC" })).toBe("2026-11-30 12:02:31.482 UTC");
  });

  test.each([
    [200, "now"],
    [4_000, "4 s ago"],
    [-240_000, "in 4 min"],
    [3 * 3_600_000, "3 h ago"],
    [3 * 86_400_000, "2026-11-27"],
  ])("%i ms ago is %s", (ago, text) =>
    expect(formatAge(at - ago, at, { zone: "UTC" }).replaceAll("\u00a0", " ")).toBe(text),
  );
});

test("counts are exact, or short where they say so", () => {
  expect([formatCount(48_211, "en"), formatShortCount(48_211, "en")]).toEqual(["48,211", "48.2K"]);
});

describe("text of strangers", () => {
  test.each([
    ["user\u202egnp.exe", "user⟨U+202E⟩gnp.exe"],
    ["a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"],
    ["\u0000\u001b[31m", "⟨U+0000⟩⟨U+001B⟩[31m"],
    ["tag\u{e0041}", "tag⟨U+E0041⟩"],
    ["\u200dadmin", "⟨U+200D⟩admin"],
  ])("%j hides nothing", (text, visible) => expect(visibleText(text)).toBe(visible));

  test.each(["👩\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "می\u200cخواهم", "क्\u200dष", "line\nand\ttab"])(
    "%s is left as it is",
    (text) => expect(visibleText(text)).toBe(text),
  );

  test("is cut by what people see, in bounded time", () => {
    expect(shortText("👩\u200d👩\u200d👧👩\u200d👩\u200d👧👩\u200d👩\u200d👧", 3)).toBe("👩\u200d👩\u200d👧…");
    expect(shortText("short", 10)).toBe("short");
    expect(shortText("x".repeat(10_000_000), 20)).toBe(`${"x".repeat(19)}…`);
    const crowded = shortText(`a${"\u0301".repeat(100_000)}`, 10);
    expect(crowded.length).toBeLessThan(10 * 20 + 1);
  });
});
