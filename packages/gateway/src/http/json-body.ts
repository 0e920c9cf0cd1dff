import { exceededBound, type JsonBounds } from "../runtime/index.ts";
import { Problem } from "./problem.ts";

/** What a body may hold: its nesting, and its commas and opening brackets. */
const BOUNDS = { depth: 64, elements: 200_000 };
/** The same for callers without a known key: a name that no other object has takes a microsecond to take in. */
const ANONYMOUS_BOUNDS = { ...BOUNDS, elements: 50_000 };

/**
 * Parses a request body. An empty body means "no body", whatever its content type says (contract section 1.2).
 * @throws Problem 422 when it is not JSON, nested too deeply or made of too many pieces.
 */
export function parseJsonBody(text: string): unknown {
  if (text === "") return undefined;
  demandBounds(text, BOUNDS);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.trim() === "") return undefined;
    throw bodyProblem("json_invalid", `JSON decode error: ${(error as Error).message.slice(0, 120)}`);
  }
}

/** Of a body without a known key, before it is parsed. @throws Problem 422 when it is made of too many pieces. */
export const demandFewElements = (text: string): void => demandBounds(text, ANONYMOUS_BOUNDS);

function demandBounds(text: string, bounds: JsonBounds): void {
  const exceeded = exceededBound(text, bounds);
  if (exceeded === "depth") throw bodyProblem("json_too_deep", `JSON nested deeper than ${bounds.depth} levels`);
  if (exceeded === "elements") {
    throw bodyProblem("json_too_large", `JSON of more than ${bounds.elements} elements (commas and opening brackets)`);
  }
}

/** A parsed body with the text it came from. */
export class JsonText {
  readonly value: unknown;
  readonly text: string;

  constructor(value: unknown, text: string) {
    this.value = value;
    this.text = text;
  }
}

const bodyProblem = (type: string, msg: string) =>
  new Problem(422, [{ type, loc: ["body"], msg }], { code: "validation_failed" });

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
