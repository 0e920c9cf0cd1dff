import { roundMarks, type ScaleLinear, scaleLinear } from "./scale.ts";
import { MARKS } from "./series.ts";

/** From values to pixels, and the values that are marked. */
export interface ValueAxis {
  y: ScaleLinear;
  marks: readonly number[];
}

/** Values from nothing to at least this one, by round marks. */
export const fromNothing =
  (most: number) =>
  (bottom: number, top: number): ValueAxis => {
    const marks = roundMarks(most, MARKS);
    return { y: scaleLinear([0, marks.at(-1)!], [bottom, top]), marks };
  };

/** Values of many sizes, from the least to the most: as many decades as that takes, each as high as the next. */
export const byDecades =
  (values: Iterable<number | null>) =>
  (bottom: number, top: number): ValueAxis => {
    const known = [...values].filter((value): value is number => value !== null && value > 0);
    if (known.length === 0) return fromNothing(1)(bottom, top);
    const first = Math.floor(Math.log10(Math.min(...known)));
    const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...known))));
    const decades = Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at));
    const every = Math.ceil(decades.length / (MARKS + 1));
    const scale = scaleLinear([first, last], [bottom, top]);
    return {
      y: (value) => Math.min(bottom, scale(Math.log10(Math.max(value, Number.MIN_VALUE)))),
      marks: decades.filter((_, at) => at % every === 0),
    };
  };

/** A mark of milliseconds, in few characters: a mark is a round number. */
export const formatDurationMark = (ms: number): string =>
  ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`;
