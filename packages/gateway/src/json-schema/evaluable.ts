import type { Meter, Weight } from "./meter.ts";
import { type PatternCost, patternCost } from "./tame-patterns.ts";

type Node = Record<string, unknown>;

/** Some formats are found out by patterns that try each end of each part; longer texts are not held against any. */
const FORMAT_COST: PatternCost = { weight: 1 / 64, power: 2, lengthMax: 2_048 };

/** Formats of the standard. One more that the library knows, `url`, goes back over what it has read without end. */
const FORMATS = new Set([
  ...["date", "time", "date-time", "duration", "uri", "uri-reference", "email", "hostname", "ipv4", "ipv6"],
  ...["regex", "uuid", "uri-template", "json-pointer", "relative-json-pointer"],
]);

/** Members that hold values, not schemas. */
const VALUES = new Set(["enum", "const", "default", "examples", "required", "dependentRequired", "type"]);
/** Members by which each member of an object is looked at. */
const OF_MEMBERS = ["additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames"];

/**
 * A copy of a schema that asks for nothing that takes long: patterns and formats of texts that are short enough, no `uniqueItems`, which
 * compares each with each. What is left out is the agent's own to look at. Whenever a part of it is looked at, the meter is told.
 */
export function evaluable(schema: unknown, meter: Meter): unknown {
  if (Array.isArray(schema)) return schema.map((one) => evaluable(one, meter));
  if (typeof schema !== "object" || schema === null) return schema;
  const {
    pattern,
    format,
    patternProperties,
    uniqueItems: _,
    $id: __,
    $recursiveAnchor: ___,
    ...others
  } = schema as Node;
  const made: Node = {};
  for (const [name, member] of Object.entries(others)) {
    if (name === "$schema" || name === "$comment" || name === "$vocabulary") continue;
    made[name] = VALUES.has(name) ? member : isMap(name) ? mapped(member, meter) : evaluable(member, meter);
  }
  const namePatterns: PatternCost[] = [];
  if (isNode(patternProperties)) {
    const costs = Object.keys(patternProperties).map(patternCost);
    if (costs.every((cost) => cost !== undefined)) {
      namePatterns.push(...costs);
      made.patternProperties = mapped(patternProperties, meter);
    } else {
      // Which members are additional is not known without them.
      delete made.additionalProperties;
      delete made.unevaluatedProperties;
    }
  }
  const cost = typeof pattern === "string" ? patternCost(pattern) : undefined;
  const bounded = [
    ...(cost ? [ofShort({ pattern }, cost, meter)] : []),
    ...(FORMATS.has(format as string) ? [ofShort({ format }, FORMAT_COST, meter)] : []),
  ];
  if (bounded.length > 0) made.allOf = [...(Array.isArray(made.allOf) ? made.allOf : []), ...bounded];
  return metered(made, weightOf(made, namePatterns), meter);
}

const MAPS = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);
const isMap = (name: string) => MAPS.has(name);

const mapped = (member: unknown, meter: Meter): unknown =>
  isNode(member)
    ? Object.fromEntries(Object.entries(member).map(([name, inner]) => [name, evaluable(inner, meter)]))
    : member;

const ofShort = (demand: Node, cost: PatternCost, meter: Meter): Node => {
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema has it
  const node = { if: { type: "string", maxLength: cost.lengthMax }, then: demand };
  return metered(node, { ...PLAIN, takesText: true, pattern: cost }, meter);
};

const PLAIN: Weight = { own: 1, takesMembers: false, takesText: false, pattern: undefined, namePatterns: [] };

function weightOf(node: Node, namePatterns: readonly PatternCost[]): Weight {
  const isOfText = "minLength" in node || "maxLength" in node;
  // A name that is looked for, or a value that is compared, takes far less time than a schema.
  const own = 1 + Object.values(node).reduce<number>((sum, member) => sum + sizeOf(member), 0) / 32;
  return { ...PLAIN, own, takesMembers: OF_MEMBERS.some((name) => name in node), takesText: isOfText, namePatterns };
}

/** Of a member's list or map, and of all that is in one of values. */
function sizeOf(member: unknown): number {
  if (Array.isArray(member)) return member.reduce<number>((sum, one) => sum + 1 + sizeOf(one), 0);
  return isNode(member) ? Object.keys(member).length : 1;
}

/** The library reads this member of each schema that it comes to, and knows it from another draft alone. */
const metered = (node: Node, weight: Weight, meter: Meter): Node =>
  Object.defineProperty(node, "$recursiveAnchor", { get: () => void meter.take(weight) });

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
