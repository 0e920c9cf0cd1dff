import { expect, test } from "vitest";
import { SchemaChecks } from "./index.ts";

const checks = () => new SchemaChecks({ bytesMax: 2 ** 26, bytesPerOwner: 2 ** 26 });
const look = (schema: unknown, value: unknown) => checks().findings(schema, value, { key: "a", owner: "" });
const text = (demand: object) => ({ type: "object", properties: { q: { type: "string", ...demand } } });
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

test("what does not fit is told by its place", () => {
  const product = { type: "object", properties: { id: { pattern: "^[a-z0-9-]+$" }, url: { format: "uri" } } };
  const schema = { $defs: { product }, type: "array", items: { $ref: "#/$defs/product" } };
  const good = times(300, (at) => ({ id: `p-${at}`, url: "https://a.example/b", text: "x".repeat(500) }));
  expect(look(schema, good)).toEqual([]);
  expect(look(schema, [...good, { id: "P" }, { url: "a" }])).toMatchObject([
    { pointer: "/300/id", keyword: "pattern" },
    { pointer: "/301/url", keyword: "format" },
  ]);
});

/** Each held a node up for seconds, or for good. */
test.each<[string, schema: unknown, value: unknown]>([
  ["a repeated group", text({ pattern: "(a+)+$" }), { q: `${"a".repeat(50)}b` }],
  ["much that may be left out", text({ pattern: "a?".repeat(60) + "a".repeat(60) }), { q: "a".repeat(60) }],
  ["alternatives that are the same", text({ pattern: `${"(a|a)".repeat(45)}b` }), { q: "a".repeat(45) }],
  ["groups that may be left out", text({ pattern: `${"(?:a|a)?".repeat(30)}b` }), { q: "a".repeat(45) }],
  ["many characters in a row", text({ pattern: "a{99}".repeat(50) }), { q: `${"a".repeat(99_999)}` }],
  ["a format of the library's own", text({ format: "url" }), { q: `http://${"a".repeat(50)}!` }],
  ["many patterns of one text", { allOf: times(700, (at) => text({ pattern: `a*a${at}` })) }, { q: "a".repeat(3_000) }],
  ["one pattern of many texts", { items: { pattern: "a*b" } }, times(1_300, () => "a".repeat(3_000))],
  [
    "a pattern of many names",
    { patternProperties: { "a*b": {} } },
    { ...times(9_000, () => 1), [`${"a".repeat(200)}`]: 1 },
  ],
  ["a text that is counted often", { allOf: times(1_500, () => ({ maxLength: 5_000_000 })) }, "a".repeat(4_000_000)],
  [
    "references to what is large",
    {
      $defs: { big: { items: { allOf: times(400, () => ({ minimum: 0 })) } } },
      allOf: times(300, () => ({ $ref: "#/$defs/big" })),
    },
    times(400, () => 1),
  ],
  ["many values", { items: { type: "integer" } }, times(150_000, () => 1)],
  ["a circle", { $ref: "#" }, {}],
])("%s takes no long time", (_, schema, value) => {
  const began = process.cpuUsage().user;
  expect(look(schema, value)).toEqual([]);
  // Of the time that is spent here, however busy the machine is.
  expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(1_500);
});

test("what the gateway itself reads fits, or is told not to", () => {
  const schema = { type: "object", properties: { query: { type: "string" } }, required: ["query"] };
  for (const more of [{}, { "\ud800": 1 }, { ["a".repeat(300)]: 1 }, { all: times(250_000, () => 1) }]) {
    expect(checks().demanded(schema, { query: 5, ...more }, "own")).not.toEqual([]);
  }
  expect(checks().demanded(schema, { query: "tea" }, "own")).toEqual([]);
});
