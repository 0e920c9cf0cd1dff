import { expect, test } from "vitest";
import { fixedLink, movingLink } from "./link-to-here.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const here = (query: string) => `http://gate/dashboard/logs${query}`;

test("a link to a moving range shows the same time whenever it is opened, in the zone it was copied in", () => {
  const link = new URL(fixedLink(here("?error=timeout&log=1&range=1h"), "Asia/Tokyo", NOW));
  expect(Object.fromEntries(link.searchParams)).toEqual({
    ...{ error: "timeout", log: "1", zone: "Asia/Tokyo" },
    ...{ from: "2026-11-30T11:00:00.000Z", to: "2026-11-30T12:00:00.000Z" },
  });
  // What stands still stands as it is.
  expect(fixedLink(link.href, "Asia/Tokyo", NOW + 1e9)).toBe(link.href);
});

test("without a range the last day is meant, and the other link goes on moving", () => {
  const fixed = new URL(fixedLink(here(""), "UTC", NOW)).searchParams;
  expect(fixed.get("from")).toBe("2026-11-29T12:00:00.000Z");
  expect(movingLink(here("?range=7d"), "UTC")).toBe(here("?range=7d&zone=UTC"));
});
