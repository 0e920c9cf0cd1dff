import { describe, expect, test } from "vitest";
import { readArguments, readInputOption } from "./read-arguments.ts";
import { describeFields } from "./schema-fields.ts";

const schema = {
  type: "object",
  properties: {
    query: { type: "string" },
    max: { type: "integer" },
    price: { type: ["number", "null"] },
    fast: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    size: { enum: ["s", "m"] },
    any: {},
  },
  required: ["query"],
};

test("values are read by the schema", () => {
  const words = ["query=5", "max=5", "price=1.5", "fast=true", 'tags=["a"]', "size=m", "any=word", "any=word"];
  expect(readArguments(words, schema)).toEqual({
    query: "5",
    max: 5,
    price: 1.5,
    fast: true,
    tags: ["a"],
    size: "m",
    any: "word",
  });
  expect(readArguments(["query=a=b c\nd", "any:=[1]"], schema)).toEqual({ query: "a=b c\nd", any: [1] });
});

describe("what cannot be meant is a usage error that helps", () => {
  test.each<[string, RegExp, RegExp | undefined]>([
    ["ramen", /"ramen" is not an argument/, /name=value/],
    ["=x", /"=x" is not an argument/, undefined],
    ["quary=x", /no argument "quary"/, /Did you mean "query"\? Arguments: query, max\?/],
    ["zzz=x", /no argument "zzz"/, /^Arguments: query/],
    ["max=many", /max has to be an integer, not "many"/, undefined],
    ["max=1.5", /max has to be an integer/, undefined],
    ["fast=yes", /fast has to be a boolean/, undefined],
    ["tags=[a", /tags has to be JSON/, undefined],
    ["query:=a", /query has to be JSON/, undefined],
  ])("%s", (word, message, hint) => {
    expect(() => readArguments([word], schema)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), exitCode: 2 }),
    );
    if (hint)
      expect(() => readArguments([word], schema)).toThrow(
        expect.objectContaining({ hint: expect.stringMatching(hint) }),
      );
  });

  test.each(["[]", "1", "null", "{"])("--input %s", (text) => {
    expect(() => readInputOption(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

test("a schema that names nothing takes anything", () => {
  expect(readArguments(["a=1", "b=x"], {})).toEqual({ a: 1, b: "x" });
  expect(readArguments(["b=x"], { ...schema, additionalProperties: true })).toEqual({ b: "x" });
  expect(Object.keys(readArguments(["__proto__=x"], {}))).toEqual(["__proto__"]);
});

test("fields in a line", () => {
  expect(describeFields(schema)).toBe("query, max?, price?, fast?, tags?, size?, any?");
});
