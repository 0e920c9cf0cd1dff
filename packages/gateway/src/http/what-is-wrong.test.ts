import { expect, test } from "vitest";
import { z } from "zod";
import { whatIsWrong } from "./what-is-wrong.ts";

const said = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: whatIsWrong }).error?.issues.map(({ message }) => message);

test.each([
  [z.string(), 5, "Must be text, not a number"],
  [z.number(), "5", "Must be a number, not text"],
  [z.number(), Number.NaN, "Must be a number, not NaN"],
  [z.int(), 1.5, "Must be a whole number, not a number"],
  [z.boolean(), null, "Must be true or false, not null"],
  [z.array(z.string()), {}, "Must be a list, not an object"],
  [z.object({}), [], "Must be an object, not a list"],
  [z.record(z.string(), z.string()), "x", "Must be an object, not text"],
  [z.string().min(1), "", "Must not be empty"],
  [z.string().min(3), "ab", "Must have at least 3 characters"],
  [z.string().max(1), "ab", "Must have at most 1 character"],
  [z.array(z.string()).min(1), [], "Must not be empty"],
  [z.array(z.string()).max(2), ["a", "b", "c"], "Must have at most 2 entries"],
  [z.number().min(0), -1, "Must be 0 or more"],
  [z.number().positive(), 0, "Must be more than 0"],
  [z.number().max(200), 201, "Must be 200 or less"],
  [z.bigint().max(5n), 6n, "Must be 5 or less"],
  [z.enum(["day", "month"]), "year", 'Must be one of "day", "month"'],
  [z.literal(true), false, "Must be true"],
  [z.uuid(), "x", "Must be an id such as 5f2c1a9e-0b7d-4c53-9a41-6a7e0d1c2b3f"],
  [z.url(), "x", "Must be an address such as https://example.com/path"],
  [z.iso.datetime(), "x", "Must be a time such as 2026-11-21T08:00:00Z"],
  [z.string().startsWith("ag_"), "x", 'Must begin with "ag_"'],
  [z.string().regex(/^\d+$/), "x", "Must be written like /^\\d+$/"],
  [z.strictObject({}), { pricee: 1 }, 'Nobody knows "pricee"'],
  [z.union([z.string(), z.number()]), null, "Must have one of the shapes that are documented for it"],
] as const)("%#: what is wrong is said in words", (schema, value, message) => {
  expect(said(schema, value)).toEqual([message]);
});

test("what a schema says itself stands", () => {
  expect(said(z.string().min(3, "Say more"), "a")).toEqual(["Say more"]);
  expect(said(z.string("Must be a name"), 5)).toEqual(["Must be a name"]);
});
