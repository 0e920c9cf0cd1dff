import { endOfString } from "./end-of-string.ts";
import { Problem } from "./problem.ts";

/** Deepest nesting of arrays and objects accepted in a body. */
export const JSON_DEPTH_MAX = 64;

/**
 * Parses a request body. An empty body means "no body", whatever its content type says (contract section 1.2).
 * @throws Problem 422 when it is not JSON or nested too deeply.
 */
export function parseJsonBody(text: string): unknown {
  if (text === "") return undefined;
  if (hasManyBrackets(text) && jsonDepth(text) > JSON_DEPTH_MAX) {
    throw bodyProblem("json_too_deep", `JSON nested deeper than ${JSON_DEPTH_MAX} levels`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.trim() === "") return undefined;
    throw bodyProblem("json_invalid", `JSON decode error: ${(error as Error).message.slice(0, 120)}`);
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

const QUOTE = 34;
const OPEN_BRACE = 123;

/** Whether there are enough opening brackets, inside strings or out, to go too deep; most bodies are cleared by this alone. */
function hasManyBrackets(text: string): boolean {
  let left = JSON_DEPTH_MAX;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (left-- === 0) return true;
  }
  return false;
}

/** An upper bound of the nesting depth, exact for valid JSON, found without building anything. */
function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i) - 1;
    } else if ((code | 32) === OPEN_BRACE) {
      // "[" and "{" differ by one bit, as do "]" and "}"
      if (++depth > deepest) deepest = depth;
    } else if ((code | 32) === OPEN_BRACE + 2) {
      depth--;
    }
  }
  return deepest;
}

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
