import type { JsonSchema, ManifestChange } from "./manifest.ts";

/**
 * Which side promises what. Callers write an input: it may become wider, never narrower.
 * Callers read an output: it may become narrower, never wider.
 */
type Side = "input" | "output";

/** Schemas nest at most this deep before a difference is reported as a whole. */
const depthMax = 20;

export const diffInputSchemas = (before: JsonSchema, after: JsonSchema, path: string): ManifestChange[] =>
  diffSchemas("input", before, after, path, 0);

export const diffOutputSchemas = (before: JsonSchema, after: JsonSchema, path: string): ManifestChange[] =>
  diffSchemas("output", before, after, path, 0);

/** Says what can be said for certain; whatever else differs counts as breaking. */
function diffSchemas(side: Side, before: JsonSchema, after: JsonSchema, path: string, depth: number): ManifestChange[] {
  if (canonical(before) === canonical(after)) return [];
  const old = split(before);
  const now = split(after);
  if (depth >= depthMax || canonical(old.rest) !== canonical(now.rest)) {
    const types = old.type !== now.type ? ` from ${text(old.type)} to ${text(now.type)}` : "";
    return [change("changed", true, path, `The schema changed${types}.`)];
  }
  return [
    ...diffTypes(side, old.type, now.type, path),
    ...diffEnums(side, old.enum, now.enum, path),
    ...diffProperties(side, old, now, path, depth),
    ...(isSchema(old.items) && isSchema(now.items)
      ? diffSchemas(side, old.items, now.items, `${path}/items`, depth + 1)
      : []),
    ...(isSchema(old.items) !== isSchema(now.items)
      ? [change("changed", true, `${path}/items`, "The items changed.")]
      : []),
    ...diffLimits(side, old.limits, now.limits, path),
  ];
}

function diffTypes(side: Side, before: unknown, after: unknown, path: string): ManifestChange[] {
  const old = new Set([before].flat().flatMap((type) => (type === "number" ? ["number", "integer"] : [type])));
  const now = new Set([after].flat().flatMap((type) => (type === "number" ? ["number", "integer"] : [type])));
  return diffSets(side, old, now, path, (list) => `type ${list.map(text).join(", ")}`);
}

function diffEnums(side: Side, before: unknown, after: unknown, path: string): ManifestChange[] {
  if (canonical(before) === canonical(after)) return [];
  if (!Array.isArray(before) || !Array.isArray(after)) {
    const narrower = Array.isArray(after);
    return [
      change(
        "changed",
        (side === "input") === narrower,
        path,
        narrower ? "Only listed values remain." : "Any value is possible now.",
      ),
    ];
  }
  const keys = (values: unknown[]) => new Set(values.map((value) => canonical(value)));
  return diffSets(side, keys(before), keys(after), path, (list) => `value ${list.join(", ")}`);
}

/** Losing a possibility breaks who writes it; gaining one breaks who reads it. */
function diffSets(
  side: Side,
  before: Set<unknown>,
  after: Set<unknown>,
  path: string,
  name: (list: unknown[]) => string,
) {
  const lost = [...before].filter((value) => !after.has(value));
  const gained = [...after].filter((value) => !before.has(value));
  if (lost.length && gained.length)
    return [change("changed", true, path, `No longer ${name(lost)}, but ${name(gained)}.`)];
  return [
    ...(lost.length ? [change("changed", side === "input", path, `No longer ${name(lost)}.`)] : []),
    ...(gained.length ? [change("changed", side === "output", path, `Also ${name(gained)} now.`)] : []),
  ];
}

function diffProperties(side: Side, before: Parts, after: Parts, path: string, depth: number): ManifestChange[] {
  const changes: ManifestChange[] = [];
  for (const name of Object.keys(before.properties)) {
    const place = `${path}/properties/${name}`;
    const [old, now] = [before.properties[name]!, after.properties[name]];
    if (now === undefined) {
      changes.push(change("removed", true, place, `"${name}" is gone.`));
      continue;
    }
    if (isSchema(old) && isSchema(now)) changes.push(...diffSchemas(side, old, now, place, depth + 1));
    else if (canonical(old) !== canonical(now)) changes.push(change("changed", true, place, "The schema changed."));
    const [wasRequired, isRequired] = [before.required.has(name), after.required.has(name)];
    if (wasRequired !== isRequired) {
      changes.push(
        change(
          "changed",
          (side === "input") === isRequired,
          place,
          `"${name}" is ${isRequired ? "required" : "optional"} now.`,
        ),
      );
    }
  }
  for (const name of Object.keys(after.properties)) {
    if (before.properties[name] !== undefined) continue;
    const required = side === "input" && after.required.has(name);
    changes.push(
      change("added", required, `${path}/properties/${name}`, `"${name}" is new${required ? " and required" : ""}.`),
    );
  }
  return changes;
}

/** Upper and lower limits: tighter breaks who writes, looser breaks who reads. */
function diffLimits(side: Side, before: Limits, after: Limits, path: string): ManifestChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((keyword) => {
    const upper = /^(?:max|exclusiveMax)/.test(keyword);
    const old = before[keyword] ?? (upper ? Infinity : -Infinity);
    const now = after[keyword] ?? (upper ? Infinity : -Infinity);
    if (old === now) return [];
    const tighter = upper ? now < old : now > old;
    return [
      change(
        "changed",
        (side === "input") === tighter,
        path,
        `${keyword} is ${Number.isFinite(now) ? now : "gone"} now.`,
      ),
    ];
  });
}

type Limits = Readonly<Record<string, number>>;

interface Parts {
  readonly type: unknown;
  readonly enum: unknown;
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: ReadonlySet<string>;
  readonly items: unknown;
  readonly limits: Limits;
  /** Everything whose change cannot be judged. */
  readonly rest: object;
}

/** Keywords that only tell people something. */
const annotations = new Set(["title", "description", "default", "examples", "deprecated", "$comment"]);
const limitKeyword = /^(?:exclusive)?(?:max|min)imum$|^(?:max|min)(?:Length|Items|Properties)$/i;

function split(schema: JsonSchema): Parts {
  const { type, enum: values, items, ...others } = schema;
  // What is no list or no object, as a stranger's may be, cannot be judged.
  const properties = isSchema(others.properties) ? others.properties : {};
  const required = Array.isArray(others.required) ? others.required : [];
  const judged: readonly unknown[] = [properties, required];
  const entries = Object.entries(others).filter(
    ([keyword, value]) => !annotations.has(keyword) && !judged.includes(value),
  );
  const isLimit = ([keyword, value]: [string, unknown]) => limitKeyword.test(keyword) && typeof value === "number";
  return {
    type,
    enum: values,
    properties: properties as Record<string, JsonSchema>,
    required: new Set(required as string[]),
    items,
    limits: Object.fromEntries(entries.filter(isLimit)) as Limits,
    rest: Object.fromEntries(entries.filter((entry) => !isLimit(entry))),
  };
}

const change = (kind: ManifestChange["kind"], breaking: boolean, path: string, message: string): ManifestChange => ({
  kind,
  breaking,
  path,
  message,
});

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown) => (value === undefined ? "any" : typeof value === "string" ? value : canonical(value));

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, item) =>
    isSchema(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  ) ?? "";
