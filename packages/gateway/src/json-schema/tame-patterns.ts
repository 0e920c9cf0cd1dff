/** What it takes at most to run a regular expression over a text. */
export interface PatternCost {
  /** Steps, where nothing in it depends on how long the text is. */
  weight: number;
  /** What of it does: its repeats, and where it begins. */
  power: number;
  /** The longest text over which it is run. */
  lengthMax: number;
}

const PATTERN_LENGTH_MAX = 256;
/** Of one pattern over one text. */
const STEPS_MAX = 1_000_000;
const TEXT_LENGTH_MAX = 100_000;
/** A pattern that may only be run over less is not run at all. */
const TEXT_LENGTH_MIN = 16;
/** Characters in a row that weigh as much as one that is come back to. */
const IN_A_ROW = 32;

const LOOKS_AROUND_OR_BACK = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</;
const REPEATED_GROUP = /\)(?:[*+]|\{)/;
/** What a pattern is made of, once each escape and each class is one letter. */
const PIECES = /\(\?:|\(\?<\w+>|[()|?]|[*+]\??|\{\d+(?:,\d*)?\}\??|[^()|?*+]/gu;
const REPEATS = /^(?:[*+]|\{\d+,\d*\}|\{\d{3,}\})/;

/**
 * What this regular expression costs; undefined for one that is not run at all. Expressions of agents are anybody's: one such as `(a+)+$`
 * or `a?a?a?…aaa` would hold the whole node up. What repeats a group, looks around or refers back is left to the agent itself. Of the
 * rest, every way through its alternatives is tried from each place of the text, and each repeat may end anywhere.
 */
export function patternCost(pattern: string): PatternCost | undefined {
  if (pattern.length > PATTERN_LENGTH_MAX || LOOKS_AROUND_OR_BACK.test(pattern) || REPEATED_GROUP.test(pattern)) {
    return undefined;
  }
  try {
    new RegExp(pattern, "u");
  } catch {
    return undefined;
  }
  const bare = pattern.replace(/\\(?:[pPu]\{[^}]*\}|.)/gsu, "x").replace(/\[[^\]]*\]/g, "x");
  const pieces = bare.match(PIECES) ?? [];
  const ways = waysThrough(pieces);
  if (ways === undefined) return undefined;
  const weight = ways * Math.ceil(lengthOf(pieces) / IN_A_ROW);
  const repeats = pieces.filter((piece) => REPEATS.test(piece)).length;
  // One that begins where the text does is tried there alone.
  const power = bare.startsWith("^") && !bare.includes("|") ? Math.max(1, repeats) : repeats + 1;
  const lengthMax = Math.min(TEXT_LENGTH_MAX, Math.floor((STEPS_MAX / weight) ** (1 / power)));
  return lengthMax < TEXT_LENGTH_MIN ? undefined : { weight, power, lengthMax };
}

/** Steps that the pattern takes at most over texts that are no longer than this. */
export const stepsOver = ({ weight, power, lengthMax }: PatternCost, length: number): number =>
  weight * (Math.min(length, lengthMax) + 1) ** power;

/** Characters that it takes in a row, where it repeats none. */
const lengthOf = (pieces: readonly string[]): number =>
  pieces.reduce((length, piece) => length + Number(/^\{(\d{1,2})\}/.exec(piece)?.[1] ?? 1), 1);

/** In a sequence ways are multiplied, alternatives are added up. Undefined where the groups do not close. */
function waysThrough(pieces: readonly string[]): number | undefined {
  const outer: { sum: number; ways: number }[] = [];
  // Of the alternatives before this one, of this one, and of its last piece, which a mark behind it is about.
  let [sum, ways, last] = [0, 1, 1];
  for (const piece of pieces) {
    if (piece === ")") {
      const around = outer.pop();
      if (!around) return undefined;
      last = sum + ways * last;
      ({ sum, ways } = around);
    } else if (piece === "|") {
      [sum, ways, last] = [sum + ways * last, 1, 1];
    } else if (piece === "?") {
      last += 1;
    } else if (piece.startsWith("(")) {
      outer.push({ sum, ways: ways * last });
      [sum, ways, last] = [0, 1, 1];
    } else if (!/^[*+{]/.test(piece)) {
      [ways, last] = [ways * last, 1];
    }
  }
  return outer.length > 0 ? undefined : sum + ways * last;
}
