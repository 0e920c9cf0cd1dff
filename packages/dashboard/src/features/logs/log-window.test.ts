import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogPage, LogRow } from "./log-row.ts";
import { LogWindow, PAGES_KEPT } from "./log-window.ts";

const PAGE = 10;
const row = (n: number): LogRow => ({ id: `${n}`.padStart(6, "0"), created_at: `${n}`.padStart(6, "0") }) as LogRow;

/** A log of so many rows, newest first, that answers in pages; every so often a short one, as when a search's time is over. */
function served(total: number, shortEvery = 0) {
  const reads: (string | undefined)[] = [];
  const readPage = async (before: string | undefined): Promise<LogPage> => {
    reads.push(before);
    const from = before === undefined ? 0 : Number(before);
    const isShort = shortEvery > 0 && (from / PAGE) % shortEvery === 1;
    const length = Math.min(isShort ? 0 : PAGE, total - from);
    const to = isShort ? from + PAGE : from + length;
    return {
      entries: Array.from({ length }, (_, at) => row(total - from - at)),
      next: to < total ? `${to}` : null,
      searched_to: isShort ? "then" : null,
    };
  };
  return { reads, readPage };
}

const settled = async (log: LogWindow) => {
  do await new Promise((resolve) => setTimeout(resolve, 0));
  while (log.isLoading);
};

async function windowOf(total: number, shortEvery = 0) {
  const { reads, readPage } = served(total, shortEvery);
  const log = new LogWindow({ start: undefined, readPage, onChange() {} });
  await settled(log);
  return { log, reads };
}

describe("the log as far as one has come in it", () => {
  test("shows each row in its place wherever one goes, and keeps so many pages", async () => {
    const total = PAGE * (PAGES_KEPT + 30);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), async (places) => {
        const { log } = await windowOf(total);
        for (const place of [1, ...places, 0]) {
          // As one scrolls to the end of what is known: more of it comes.
          const first = Math.floor(place * Math.max(0, log.length - PAGE));
          log.show(first, first + PAGE);
          await settled(log);
          for (let index = first; index < Math.min(log.length, first + PAGE); index++) {
            expect(log.rowAt(index)?.id).toBe(row(total - index).id);
          }
          let kept = 0;
          for (let index = 0; index < log.length; index += PAGE) if (log.rowAt(index)) kept++;
          expect(kept).toBeLessThanOrEqual(PAGES_KEPT);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("goes to its end, over pages that found nothing", async () => {
    const { log } = await windowOf(PAGE * 12, 3);
    while (!log.isWhole) {
      log.show(log.length - 1, log.length - 1);
      await settled(log);
    }
    // Pages 1, 4, 7 and 10 were short.
    expect(log.length).toBe(PAGE * 8);
    expect(log.rowAt(log.length)).toBeUndefined();
  });

  test("stops where one search after the other finds nothing, until more is asked for", async () => {
    const readPage = async (before: string | undefined): Promise<LogPage> => ({
      entries: [],
      next: `${Number(before ?? 0) + 1}`,
      searched_to: `${before}`,
    });
    const log = new LogWindow({ start: undefined, readPage, onChange() {} });
    await settled(log);
    log.show(0, 0);
    await settled(log);
    expect([log.isWaiting, log.searchedTo]).toEqual([true, "9"]);
    log.lookFurther();
    await settled(log);
    expect([log.isWaiting, log.searchedTo]).toEqual([true, "19"]);
  });

  test("has what comes meanwhile at its top, each call once, in the order of time", async () => {
    const { log } = await windowOf(PAGE * 3);
    expect(log.land([row(31), row(30), row(29)])).toBe(true);
    // The last two were read back twice at once.
    log.land([row(33), row(32), row(31), row(33), row(32)]);
    expect([0, 1, 2, 3, 4].map((index) => log.rowAt(index)?.id)).toEqual([33, 32, 31, 30, 29].map((n) => row(n).id));
    expect([log.length, log.indexOf(row(30).id)]).toEqual([PAGE + 3, 3]);
    expect(log.land(Array.from({ length: 5_000 }, (_, n) => row(100 + n)))).toBe(false);
  });

  test("says what went wrong, and tries again when it is asked to", async () => {
    let fails = true;
    const { readPage } = served(PAGE * 2);
    const log = new LogWindow({
      start: undefined,
      readPage: (before) => (fails ? Promise.reject(new Error("down")) : readPage(before)),
      onChange() {},
    });
    await settled(log);
    expect([log.error, log.isBegun]).toEqual([new Error("down"), false]);
    fails = false;
    log.lookFurther();
    await settled(log);
    expect([log.error, log.length]).toEqual([undefined, PAGE]);
  });
});
