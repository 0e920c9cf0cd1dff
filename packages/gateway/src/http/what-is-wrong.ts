import type { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;

const NAMED_MAX = 20;

/** What values are called in sentences, by their names in schemas. */
const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  set: "a list",
  object: "an object",
  record: "an object",
  map: "an object",
  date: "a time",
  null: "null",
};

const formats: Readonly<Record<string, string>> = {
  uuid: "an id such as 5f2c1a9e-0b7d-4c53-9a41-6a7e0d1c2b3f",
  guid: "an id such as 5f2c1a9e-0b7d-4c53-9a41-6a7e0d1c2b3f",
  url: "an address such as https://example.com/path",
  email: "an e-mail address",
  datetime: "a time such as 2026-11-21T08:00:00Z",
  date: "a date such as 2026-11-21",
  ipv4: "an IP address",
  ipv6: "an IP address",
};

/** Units of what has a length. */
const units: Readonly<Record<string, string>> = { string: "character", array: "entry", set: "entry", map: "entry" };

/**
 * What is wrong with a value, as a sentence for whoever sent it: for schemas that say nothing of their own.
 * Given to a schema's `safeParse` as `error`.
 */
export function whatIsWrong(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `Must be ${kinds[issue.expected as string] ?? issue.expected}, not ${found(issue.input)}`;
    case "invalid_value":
      return `Must be ${oneOf(issue.values)}`;
    case "too_small":
      return bounded(issue.origin, issue.minimum, issue.inclusive, { least: true, exact: issue.exact });
    case "too_big":
      return bounded(issue.origin, issue.maximum, issue.inclusive, { least: false, exact: issue.exact });
    case "not_multiple_of":
      return `Must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return inFormat(issue);
    case "unrecognized_keys":
      return `Nobody knows ${issue.keys.slice(0, NAMED_MAX).map(quoted).join(", ")}`;
    case "invalid_union":
      return "Must have one of the shapes that are documented for it";
    default:
      return undefined;
  }
}

function bounded(
  origin: string,
  bound: number | bigint,
  inclusive: boolean | undefined,
  { least, exact }: { least: boolean; exact: boolean | undefined },
): string {
  const unit = units[origin];
  if (unit === undefined) {
    if (least) return inclusive ? `Must be ${bound} or more` : `Must be more than ${bound}`;
    return inclusive ? `Must be ${bound} or less` : `Must be less than ${bound}`;
  }
  if (least && bound === 1) return "Must not be empty";
  const named = unit === "entry" ? "entries" : "characters";
  const amount = `${bound} ${Number(bound) === 1 ? unit : named}`;
  return `Must have ${exact ? "exactly" : least ? "at least" : "at most"} ${amount}`;
}

function inFormat(issue: Extract<RawIssue, { code: "invalid_format" }>): string {
  const { format, prefix, suffix, includes, pattern } = issue as typeof issue & Record<string, unknown>;
  if (format === "starts_with") return `Must begin with ${quoted(`${prefix}`)}`;
  if (format === "ends_with") return `Must end with ${quoted(`${suffix}`)}`;
  if (format === "includes") return `Must contain ${quoted(`${includes}`)}`;
  if (format === "regex") return `Must be written like ${pattern}`;
  return `Must be ${formats[format] ?? `a valid ${format}`}`;
}

const oneOf = (values: readonly unknown[]): string => {
  const named = values.slice(0, NAMED_MAX).map((value) => (typeof value === "string" ? quoted(value) : `${value}`));
  return named.length === 1 ? named[0]! : `one of ${named.join(", ")}${values.length > NAMED_MAX ? " …" : ""}`;
};

const quoted = (text: string) => JSON.stringify(text.slice(0, 80));

function found(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isFinite(value)) return `${value}`;
  return kinds[typeof value] ?? typeof value;
}
