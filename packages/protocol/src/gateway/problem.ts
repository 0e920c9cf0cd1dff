/** The body of every error of the gateway (contract section 1.4; RFC 9457). */
export interface ProblemBody {
  /** What was wrong, or the findings of a failed validation. */
  detail: string | ProblemFinding[];
  type?: string;
  title?: string;
  status?: number;
  instance?: string;
  /** Stable name of the error for programs. */
  code?: string;
  /** What the task would have cost, in US dollars, and for which skill: of a 402. */
  price?: number;
  currency?: string;
  skill?: string;
}

export interface ProblemFinding {
  type: string;
  /** `["body", "name"]` */
  loc: (string | number)[];
  msg: string;
  input?: unknown;
}
