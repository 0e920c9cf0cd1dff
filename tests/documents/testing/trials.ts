/** A document to be tried. */
export interface Trial {
  /** In its package. */
  readonly name: string;
  readonly file: string;
  /** As `--max`. */
  readonly operationsMax: number;
  readonly draftFile: string;
}

/** What came of it. */
export interface Tried {
  readonly name: string;
  /** Reading, importing and drafting. */
  importMs: number;
  /** Why the whole document was not taken. */
  refused?: string;
  operations: number;
  /** How many operations are not in the draft, by reason. */
  readonly leftOut: Record<string, number>;
  drafted: number;
  /** Intents that reached the API with an input made of their schema. */
  called: number;
  /** Operations for whose schema no input was found. */
  readonly withoutInput: string[];
  /** Whatever must not be. */
  readonly faults: string[];
}
