import type { MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import type { ErrorMessage } from "./envelope.ts";

/** A line of a checkout, at the price that was said when it was made. */
export interface Line {
  id: string;
  itemId: string;
  agentId: string;
  /** The skill that its tasks are for, where they name one. */
  skill?: string | undefined;
  title: string;
  /** Tasks that one item runs. */
  tasks: number;
  quantity: number;
  pricePerTask: MicroDollars;
  /** Of one item. */
  cents: number;
  /** What the agent is to do: the JSON of one task for all, or of one for each; none yet. */
  inputs: readonly string[];
  /** What the caller gave for it, to be told again. */
  given?: unknown;
}

/** What a caller may say about itself; told again as it was. */
export interface Remarks {
  buyer?: unknown;
  context?: unknown;
  attribution?: unknown;
}

/** Why nothing came of a completion: nothing was charged. */
export interface Failure {
  message: ErrorMessage;
  /** As the task route would have answered. */
  status: number;
}

/** A checkout session. Immutable: a change makes a new record. */
export interface Checkout {
  readonly id: string;
  readonly owner: string;
  readonly phase: "open" | "completing" | "completed" | "canceled";
  readonly revision: bigint;
  readonly orderId: string | null;
  readonly failure: Failure | null;
  readonly lines: readonly Line[];
  readonly remarks: Remarks;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
  readonly expiresAt: Micros;
}

export const runsOf = ({ quantity, tasks }: Line): number => quantity * tasks;
export const priceOf = (line: Line): MicroDollars => line.pricePerTask * BigInt(runsOf(line));
export const totalOf = (lines: readonly Line[]): MicroDollars =>
  lines.reduce((sum, line) => sum + priceOf(line), 0n as MicroDollars);
export const centsOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { cents, quantity }) => sum + cents * quantity, 0);

/** The JSON of lines, with their prices as text. */
export const toDocument = (lines: readonly Line[]) =>
  lines.map((line) => ({ ...line, pricePerTask: `${line.pricePerTask}` }));

/** The same without what agents are to do, for lists: few bytes, however large the tasks are. */
export const toSummary = (lines: readonly Line[]): string =>
  JSON.stringify(lines.map(({ inputs: _, given: __, ...line }) => ({ ...line, pricePerTask: `${line.pricePerTask}` })));

/** Lines as {@link toSummary} has written them. */
export const fromSummary = (summary: string | null): Omit<Line, "inputs" | "given">[] =>
  fromDocument(JSON.parse(summary ?? "[]"));

export const fromDocument = (lines: readonly (Omit<Line, "pricePerTask"> & { pricePerTask: string })[]): Line[] =>
  lines.map((line) => ({ ...line, pricePerTask: BigInt(line.pricePerTask) }));
