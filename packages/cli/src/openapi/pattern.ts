/**
 * A pattern of ECMA-262 as one that is valid under the flag `u`, which validators set.
 *
 * @returns undefined for a pattern that is none, or that another dialect means differently (`\A`, `[[:alpha:]]`)
 */
export function unicodePattern(pattern: string): string | undefined {
  if (isValid(pattern, "u")) return pattern;
  if (!isValid(pattern, "") || pattern.includes("[:")) return undefined;
  const translated = translate(pattern);
  return translated !== undefined && isValid(translated, "u") ? translated : undefined;
}

function isValid(pattern: string, flags: string): boolean {
  try {
    new RegExp(pattern, flags);
    return true;
  } catch {
    return false;
  }
}

/** Punctuation that may be escaped under the flag. */
const syntax = "^$\\.*+?()[]{}|/";

function translate(pattern: string): string | undefined {
  let result = "";
  let inClass = false;
  /** The last atom of a class was a set of characters (`\w`), which cannot begin a range. */
  let afterSet = false;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    if (character === "\\") {
      const rest = pattern.slice(index);
      const known =
        /^\\(?:[dDsSwWfnrtv]|b|B(?=.|$)|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|k<[^>]+>|0(?!\d))/.exec(rest)?.[0] ??
        (inClass ? undefined : /^\\[1-9]\d*/.exec(rest)?.[0]);
      if (known !== undefined && !(inClass && known === "\\B")) {
        result += known;
        index += known.length - 1;
        afterSet = inClass && /^\\[dDsSwW]$/.test(known);
        continue;
      }
      const escaped = pattern[index + 1];
      // A letter or digit stands for itself here, but in the dialects that have it (`\A`, `\Z`, `\h`) it does not.
      if (escaped === undefined || /[A-Za-z0-9]/.test(escaped)) return undefined;
      result += syntax.includes(escaped) || (inClass && escaped === "-") ? `\\${escaped}` : escaped;
      index++;
      afterSet = false;
    } else if (inClass) {
      if (character === "]") inClass = false;
      const next = pattern[index + 1];
      const isLoneHyphen =
        character === "-" && (afterSet || (next === "\\" && /[dDsSwW]/.test(pattern[index + 2] ?? "")));
      result += isLoneHyphen ? "\\-" : character;
      afterSet = false;
    } else if (character === "[") {
      inClass = true;
      result += character;
      afterSet = false;
      if (pattern[index + 1] === "^") result += pattern[++index];
    } else if (character === "{") {
      const quantifier = /^\{\d+(?:,\d*)?\}/.exec(pattern.slice(index))?.[0];
      result += quantifier ?? "\\{";
      index += (quantifier?.length ?? 1) - 1;
    } else if (character === "}" || character === "]") {
      result += `\\${character}`;
    } else {
      result += character;
    }
  }
  return result;
}
