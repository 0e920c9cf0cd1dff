/** From a value to pixels. */
export type ScaleLinear = (value: number) => number;

export const scaleLinear =
  ([from, to]: readonly [number, number], [start, end]: readonly [number, number]): ScaleLinear =>
  (value) =>
    to === from ? start : start + ((value - from) / (to - from)) * (end - start);

/** Round numbers from nothing to at least the largest: 1, 2 or 5 times a power of ten apart. */
export function roundMarks(largest: number, count: number): number[] {
  const rough = largest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  return Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}
