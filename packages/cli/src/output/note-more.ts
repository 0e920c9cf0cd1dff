import type { Output } from "./output.ts";

/** A page that is full may not be the last: says how to see the next. */
export function noteMore(output: Output, shown: readonly unknown[], page: { limit: number; offset: number }): void {
  if (shown.length === page.limit) output.note(`there may be more: --offset ${page.offset + page.limit}`);
}
