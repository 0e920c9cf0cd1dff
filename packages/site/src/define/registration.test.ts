import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, flow, none, RegistrationError, step } from "../index.ts";

const app = () => new AgentApp({ title: "Shop", auth: none() });
const does = (more: object = {}) => step({ description: "Does something useful", handler: () => 1, ...more } as never);
const flowOf =
  (steps: Record<string, object>, name = "f") =>
  () =>
    app().flow(flow(name, { description: "A flow", steps: steps as never })).manifest;
const intentOf =
  (more: object, name = "i") =>
  () =>
    app().intent(name, { description: "An intent", handler: () => 1, ...more } as never).manifest;
const entry = { entry: true };

describe("registration errors say how to fix them", () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      "no entry",
      flowOf({ a: does(), b: does({ after: "a" }) }),
      /flow "f": no step is the first. Add entry: true to one of "a", "b"/,
    ],
    ["two entries", flowOf({ a: does(entry), b: does(entry) }), /"a", "b" are all marked entry: true/],
    ["no steps", flowOf({}), /has no steps/],
    [
      "unknown after",
      flowOf({ a: does(entry), b: does({ after: "c" }) }),
      /step "b" comes after "c", which does not exist. Steps: "a", "b"/,
    ],
    ["no after", flowOf({ a: does(entry), b: does() }), /step "b" can never be reached. Give it after: one of "a"/],
    [
      "an island",
      flowOf({ a: does(entry), b: does({ after: "c" }), c: does({ after: "b" }) }),
      /"b", "c" cannot be reached/,
    ],
    [
      "a loop without end",
      flowOf({ a: does({ entry: true, after: "b" }), b: does({ after: "a" }) }),
      /never completes. Mark the step that completes it with final: true/,
    ],
    [
      "a step after the final one",
      flowOf({ a: does({ entry: true, final: true }), b: does({ after: "a" }) }),
      /which is final: true/,
    ],
    ["a bad flow name", flowOf({ a: does(entry) }, "my flow"), /flow "my flow": a name starts with a letter/],
    ["a bad step name", flowOf({ "a/b": does(entry) }), /step "a\/b"/],
    ["a bad intent name", intentOf({}, "2nd"), /intent "2nd": a name starts with a letter/],
    ["no handler", intentOf({ handler: undefined }), /intent "i": give it a handler/],
    ["an input that is no object", intentOf({ input: z.string() }), /intent "i", input: arguments are a JSON object/],
    ["not a schema", intentOf({ input: { type: "object" } }), /not a Standard Schema.*fromJsonSchema/s],
    [
      "a date",
      intentOf({ output: z.object({ at: z.date() }) }),
      /intent "i", output: zod cannot express.*z\.iso\.datetime/s,
    ],
    [
      "a bad deprecation date",
      intentOf({ deprecated: { message: "Old", sunset: "soon" } }),
      /deprecated.sunset "soon" is not an ISO 8601 date/,
    ],
    [
      "the same intent twice",
      () =>
        app()
          .intent("a", { description: "A", handler: () => 1 })
          .intent("a", { description: "A", handler: () => 1 }),
      /intent "a" is defined twice/,
    ],
    ["a flow as intents are given", () => app().flow("checkout" as never), /app\.flow\(flow\("checkout"/],
    ["no title", () => new AgentApp({ title: " ", auth: none() }).manifest, /needs a title/],
    [
      "a bad base URL",
      () => new AgentApp({ title: "x", auth: none(), baseUrl: "shop.test" }).manifest,
      /must be a URL like/,
    ],
    [
      "a definition after the mount",
      () => {
        const mounted = app();
        mounted.handler();
        mounted.intent("late", { description: "Late", handler: () => 1 });
      },
      /Define every intent and flow before you mount it/,
    ],
    [
      "two base URLs",
      () => {
        const mounted = app();
        mounted.handler({ baseUrl: "https://a.test" });
        mounted.handler({ baseUrl: "https://b.test" });
      },
      /serves https:\/\/a.test already/,
    ],
  ])("%s", (_name, register, message) => {
    expect(register).toThrow(RegistrationError);
    expect(register).toThrow(message);
  });
});

describe("hints for developers", () => {
  it("name every description an agent could not choose by", async () => {
    const warnings: string[] = [];
    new AgentApp({ title: "Shop", auth: none(), onWarning: (text) => warnings.push(text) })
      .intent("search_products", {
        description: "Search products",
        input: z.object({ q: z.string() }),
        handler: () => 1,
      })
      .intent("good", { description: "Lists every product of the shop", handler: () => 1 })
      .flow(flow("checkout", { description: "", steps: { pay: does(entry) } }))
      .handler();
    await expect.poll(() => warnings.length).toBeGreaterThan(0);
    expect(warnings).toEqual([
      expect.stringContaining("the site: has no description"),
      expect.stringContaining('intent "search_products": its description "Search products" only repeats its name'),
      expect.stringContaining('the argument "q" needs a description'),
      expect.stringContaining('flow "checkout": has no description'),
    ]);
  });
});
