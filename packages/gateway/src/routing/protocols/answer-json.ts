import { setImmediate as nextTurn } from "node:timers/promises";
import { exceededBound, type JsonBounds, JsonValidator } from "../../runtime/index.ts";

/** What an agent's answer may hold that has to be built: its nesting, and its commas and opening brackets. */
export const ANSWER_BOUNDS: JsonBounds = { depth: 1_000, elements: 200_000 };

/** An answer that is passed on as it is need not be built. Up to here `JSON.parse` says soonest that it is JSON. */
const PARSED_BYTES_MAX = 64 * 1024;

/** What is wrong with an answer, if anything is. */
export type AnswerFault = "not JSON" | "too deep" | undefined;

/** Looks at a large answer as it comes. */
export const inspectJson = (): JsonInspection => new JsonInspection();

export class JsonInspection {
  readonly #validator = new JsonValidator(ANSWER_BOUNDS.depth);

  add(bytes: Buffer): void {
    this.#validator.add(bytes);
  }

  /** To be asked when all of it has come. */
  fault(): AnswerFault {
    if (this.#validator.tooDeep) return "too deep";
    return this.#validator.end() ? undefined : "not JSON";
  }
}

/** Of a text that is not large. */
export function faultIn(text: string): AnswerFault {
  if (exceededBound(text, { depth: ANSWER_BOUNDS.depth, elements: text.length })) return "too deep";
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return "not JSON";
  }
}

/** Of a text of any size, without holding up anybody: a large one takes many turns of the event loop. */
export async function faultInAny(text: string): Promise<AnswerFault> {
  if (text.length <= PARSED_BYTES_MAX) return faultIn(text);
  const inspection = new JsonInspection();
  for (let at = 0; at < text.length; at += PARSED_BYTES_MAX) {
    inspection.add(Buffer.from(text.slice(at, at + PARSED_BYTES_MAX)));
    await nextTurn();
  }
  return inspection.fault();
}

/** Which bound of {@link ANSWER_BOUNDS} a text exceeds, in words; undefined when none. */
export function exceededAnswerBound(text: string): string | undefined {
  const exceeded = exceededBound(text, ANSWER_BOUNDS);
  return exceeded && boundExceeded(exceeded);
}

/** The value of a JSON text within a message, whose pieces were not measured with it; undefined for what is none, or too much to be built. */
export function jsonWithin(text: string): unknown {
  if (exceededBound(text, ANSWER_BOUNDS)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In words for the caller, after "the agent's answer". */
export const boundExceeded = (bound: keyof JsonBounds): string =>
  bound === "depth"
    ? `is nested deeper than ${ANSWER_BOUNDS.depth} levels`
    : `has more than ${ANSWER_BOUNDS.elements} elements (commas and opening brackets)`;
