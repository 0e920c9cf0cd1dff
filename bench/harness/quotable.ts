export interface Delivery {
  /** Requests sent, or due. */
  offered: number;
  answered: number;
  errors: number;
}

const ANSWERED_MIN = 0.99;
const ERRORS_MAX = 0.001;

/** Why a contender's trials may not be quoted: less than 99 % answered, or more than 0.1 % errors, in any of them. */
export function objectionsTo(name: string, trials: readonly Delivery[]): string[] {
  return trials.flatMap(({ offered, answered, errors }, trial) => {
    const where = `${name}, trial ${trial + 1}`;
    if (answered < offered * ANSWERED_MIN) return [`${where}: only ${answered} of ${offered} answered`];
    if (errors > offered * ERRORS_MAX) return [`${where}: ${errors} errors in ${offered}`];
    return [];
  });
}
