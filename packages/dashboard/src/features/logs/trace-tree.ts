import type { LogRow } from "./log-row.ts";

/** A call with those that its agent made. */
export interface TracedCall {
  row: LogRow;
  depth: number;
}

/** Calls of one trace, each below the one whose agent made it, as that says; oldest first. */
export function treeOf(rows: readonly LogRow[]): TracedCall[] {
  const ids = new Set(rows.map(({ id }) => id));
  const inOrder = rows.toSorted((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0));
  const childrenOf = Map.groupBy(inOrder, ({ parent_id }) =>
    parent_id !== null && ids.has(parent_id) ? parent_id : "",
  );
  const seen = new Set<string>();
  const found: TracedCall[] = [];
  const add = (row: LogRow, depth: number) => {
    // What agents say of each other may go in a circle.
    if (seen.has(row.id)) return;
    seen.add(row.id);
    found.push({ row, depth });
    for (const child of childrenOf.get(row.id) ?? []) add(child, depth + 1);
  };
  for (const row of childrenOf.get("") ?? []) add(row, 0);
  for (const row of inOrder) add(row, 0);
  return found;
}
