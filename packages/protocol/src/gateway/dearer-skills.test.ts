import { expect, test } from "vitest";
import { dearerSkills } from "./dearer-skills.ts";

const prices = (before: object, after: object) => ({ field: "prices", before, after });

test("a skill whose own price rises gets dearer, and one that loses it, to what a task costs", () => {
  expect(dearerSkills([prices({ a: 0.01, b: 0.02, c: 0 }, { a: 0.02, b: 0.01 })], 0.5)).toEqual([
    { skill: "a", before: 0.01, after: 0.02, losesItsPrice: false },
    { skill: "c", before: 0, after: 0.5, losesItsPrice: true },
  ]);
});

test("what a task would cost then is what counts", () => {
  const perTask = { field: "price_per_task", before: 0.5, after: 2 };
  expect(dearerSkills([prices({ a: 0.5 }, {}), perTask], 0.5)).toMatchObject([{ after: 2 }]);
  expect(dearerSkills([prices({ a: 0.5 }, {})], 0.5)).toEqual([]);
});

test("a skill that goes with its price costs nobody more", () => {
  const skills = { field: "skills", before: [{ id: "a" }], after: [{ id: "b" }, { name: "c" }, null] };
  expect(dearerSkills([prices({ a: 0.1, c: 0.1 }, {}), skills], 1)).toMatchObject([{ skill: "c" }]);
});

test("of a new agent, and of what says nothing of prices, there is nothing to compare", () => {
  expect(dearerSkills([{ field: "prices", after: { a: 1 } }], 1)).toEqual([]);
  expect(dearerSkills([{ field: "price_per_task", before: 1, after: 2 }], 1)).toEqual([]);
});
