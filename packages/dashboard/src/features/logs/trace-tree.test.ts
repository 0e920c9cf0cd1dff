import { expect, test } from "vitest";
import type { LogRow } from "./log-row.ts";
import { treeOf } from "./trace-tree.ts";

const row = (id: string, parent: string | null = null) =>
  ({ id, parent_id: parent, created_at: `2026-11-30T00:00:0${id}Z` }) as LogRow;
const shape = (...rows: LogRow[]) => treeOf(rows).map(({ row, depth }) => `${depth}${row.id}`);

test("calls stand below the one whose agent made them, oldest first", () => {
  expect(shape(row("4", "2"), row("3", "1"), row("2", "1"), row("1"))).toEqual(["01", "12", "24", "13"]);
});

test("parents that are not there, and circles, lose no call", () => {
  expect(shape(row("2", "9"), row("1"))).toEqual(["01", "02"]);
  expect(shape(row("1", "2"), row("2", "1"), row("3", "3"))).toEqual(["01", "12", "03"]);
});
