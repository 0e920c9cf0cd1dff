import { setFlagsFromString } from "node:v8";

/** By how much the old generation may grow beyond what lives in it, until it is collected. */
const GROWTH_PERCENT = 40;

/**
 * Has V8 collect its old generation before it is several times as large as what lives in it. By itself V8 lets it grow by up to four
 * times, and seldom gives back what it took when many calls were under way at once.
 *
 * Holds for the whole process.
 */
export function growHeapSparingly(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
