import type { z } from "zod";
import { Problem, type ValidationFinding } from "./problem.ts";
import { whatIsWrong } from "./what-is-wrong.ts";

/** The part of a request that a schema checks. */
export type RequestPart = "path" | "query" | "body";

const FINDINGS_MAX = 20;
const INPUT_LENGTH_MAX = 256;

/** Parses one part of a request. @throws Problem 422 in the contract's shape (section 1.4). */
export function validate<S extends z.ZodType>(schema: S, part: RequestPart, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true, error: whatIsWrong });
  if (result.success) return result.data;
  const findings = result.error.issues.slice(0, FINDINGS_MAX).map((issue) => toFinding(part, issue));
  throw new Problem(422, findings, { code: "validation_failed" });
}

function toFinding(part: RequestPart, issue: z.core.$ZodIssue): ValidationFinding {
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  const finding: ValidationFinding = {
    type: missing ? "missing" : typeOf(issue),
    loc: [part, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))],
    msg: missing ? "Field required" : messageOf(issue),
  };
  if (!missing && isSmall(issue.input)) finding.input = issue.input;
  return finding;
}

/** Of a key that a record does not take, why not. */
const messageOf = (issue: z.core.$ZodIssue) =>
  issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;

function typeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `${issue.expected}_type`;
  if (issue.code === "too_small") return issue.inclusive === false ? "greater_than" : "too_small";
  if (issue.code === "invalid_format") return `${issue.format}_format`;
  return issue.code;
}

function isSmall(input: unknown): boolean {
  if (typeof input === "string") return input.length <= INPUT_LENGTH_MAX;
  if (typeof input === "number") return Number.isFinite(input);
  return input === null || typeof input === "boolean";
}
