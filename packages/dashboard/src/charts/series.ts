/** One line or one kind of bar: how it is called, its colour, and its value at each point; null where there is none. */
export interface Series {
  name: string;
  colour: string;
  values: readonly (number | null)[];
  /** How a value is told. */
  format(value: number): string;
}

/** What charts share. */
export interface ChartData {
  /** What it shows, for ears and for the table behind it. */
  label: string;
  /** Where each point begins, milliseconds since the epoch. */
  times: readonly number[];
  stepMs: number;
  /** The last point is still filling. */
  isUnfinished: boolean;
  series: readonly Series[];
  /** The sum of all series as long before, point by point. */
  before?: Series | undefined;
}

/** All that is told of each point. */
export const toldSeries = ({ series, before }: ChartData): readonly Series[] => (before ? [...series, before] : series);

/** At most so many marks on an axis. */
export const MARKS = 4;

/** The largest that a chart has to show; a little more than nothing, so that a scale has a length. */
export const largest = (values: Iterable<number | null>): number => {
  let most = 0;
  for (const value of values) if (value !== null && value > most) most = value;
  return most === 0 ? 1 : most;
};
