import type { Cores } from "./machine.ts";
import type { Summary } from "./statistics.ts";

/** What a case may use. */
export interface CaseContext {
  cores: Cores;
  /** How often everything is measured, at least 5 for figures that are to be published. */
  trials: number;
  /** Length of one measurement, in milliseconds. */
  measuredMs: number;
  /** Another checkout of this repository, to compare with; undefined unless the command names one. */
  against: string | undefined;
  /** Says on standard error what is going on. */
  progress(message: string): void;
}

/** One thing to measure. Each lives in a file of `cases/` and is listed in `cases/index.ts`. */
export interface BenchCase {
  name: string;
  /** What is measured against what, in a sentence. */
  title: string;
  /** Runs only where the command names it. */
  onDemand?: boolean;
  run(context: CaseContext): Promise<CaseResult>;
}

export interface CaseResult {
  rows: Row[];
  targets: Target[];
  /** What a reader of the figures must know about this run. */
  notes: string[];
  /** Why no figure of this run may be quoted; empty when all may. */
  objections: string[];
}

/** One contender's figures by column, such as `cpu µs/req`. */
export interface Row {
  name: string;
  figures: Record<string, Summary>;
}

export interface Target {
  what: string;
  limit: string;
  measured: number;
  met: boolean;
}

export const atMost = (what: string, limit: number, unit: string, measured: number): Target => ({
  what,
  limit: `≤ ${limit} ${unit}`,
  measured,
  met: measured <= limit,
});

export const atLeast = (what: string, limit: number, unit: string, measured: number): Target => ({
  what,
  limit: `≥ ${limit} ${unit}`,
  measured,
  met: measured >= limit,
});
