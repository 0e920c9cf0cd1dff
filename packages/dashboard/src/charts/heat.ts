import { MARKS } from "./series.ts";
import type { ValueAxis } from "./value-axis.ts";

/** How many had which value, point by point. */
export interface Heat {
  /** Upper bounds of the rows, ascending; the first row begins below it. */
  bounds: readonly number[];
  /** Of each point, by row. */
  counts: readonly (readonly number[])[];
}

/** Rows of one height; a value within a row stands where it is in proportion. */
export const rowsAxis =
  ({ bounds }: Pick<Heat, "bounds">) =>
  (bottom: number, top: number): ValueAxis => {
    const height = (bottom - top) / Math.max(1, bounds.length);
    const y = (value: number) => bottom - placeOf(bounds, value) * height;
    return { y, marks: marksOf(bounds) };
  };

/** In rows, from the bottom. */
export function placeOf(bounds: readonly number[], value: number): number {
  const row = bounds.findIndex((bound) => value <= bound);
  if (row < 0) return bounds.length;
  const upper = bounds[row]!;
  // The first row begins as far below its bound, in proportion, as the second is high.
  const lower = row > 0 ? bounds[row - 1]! : (upper * upper) / (bounds[1] ?? upper * 2);
  if (value <= lower) return row;
  return row + Math.log(value / lower) / Math.log(upper / lower);
}

/** Bounds to be marked, evenly apart: decades where there are several. */
function marksOf(bounds: readonly number[]): number[] {
  const decades = bounds.filter((bound) => Number.isInteger(Math.log10(bound)));
  const all = decades.length > 1 ? decades : bounds;
  const every = Math.ceil(all.length / MARKS);
  return all.filter((_, at) => at % every === 0);
}

/** How dark a cell is, of the fullest: few can be told from none. */
export const shadeOf = (count: number, most: number): number =>
  count <= 0 || most <= 0 ? 0 : 0.12 + 0.88 * Math.sqrt(count / most);
