import type { InferContract, SiteContract } from "@agentgate/protocol/site";
import { type } from "arktype";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { AgentApp, flow, intent, none, type Principal, type StepSession, step } from "../index.ts";

/** These hold when the file type-checks (`npm run typecheck`). */
describe("types", () => {
  const options = { title: "Shop", auth: none() };
  const search = {
    description: "Search products by keyword",
    input: z.object({ query: z.string(), max: z.int().default(10) }),
    output: z.array(z.object({ id: z.string(), price: z.number().default(0) })),
  };

  it("infer what a handler gets and must return", () => {
    new AgentApp(options)
      .intent("search", {
        ...search,
        handler: (input, context) => {
          expectTypeOf(input).toEqualTypeOf<{ query: string; max: number }>();
          expectTypeOf(context.principal).toEqualTypeOf<Principal | undefined>();
          expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
          return [{ id: "1" }];
        },
      })
      .intent("bad", {
        ...search,
        // @ts-expect-error an id is a string
        handler: () => [{ id: 1 }],
      })
      .intent("none", {
        description: "Takes nothing, returns anything",
        handler: (input) => {
          expectTypeOf(input).toEqualTypeOf<Record<string, never>>();
          return 1;
        },
      })
      .intent("async", { ...search, handler: async ({ query }) => [{ id: query, price: 1 }] })
      .intent("arktype", {
        description: "Another library",
        input: type({ query: "string", "max?": "number" }),
        handler: (input) => {
          expectTypeOf(input).toEqualTypeOf<{ query: string; max?: number }>();
        },
      });
  });

  it("infer steps, and refuse an after that does not exist", () => {
    flow("checkout", {
      description: "Buy something",
      steps: {
        add: step({
          entry: true,
          description: "Add",
          input: z.object({ id: z.string() }),
          handler: ({ id }, { session }) => {
            expectTypeOf(id).toEqualTypeOf<string>();
            expectTypeOf(session).toEqualTypeOf<StepSession>();
          },
        }),
        pay: step({ after: ["add", "pay"], description: "Pay", handler: () => 1 }),
        receipt: step({ after: "pay", final: true, description: "Receipt", handler: () => 1 }),
      },
    });
    flow("checkout", {
      description: "Buy something",
      steps: {
        add: step({ entry: true, description: "Add", handler: () => 1 }),
        // @ts-expect-error there is no step "ad"
        pay: step({ after: "ad", description: "Pay", handler: () => 1 }),
      },
    });
    flow("checkout", {
      description: "Buy something",
      // @ts-expect-error there is no such orchestration
      orchestration: "nobody",
      steps: {},
    });
  });

  it("need auth", () => {
    // @ts-expect-error a site that is open says so with none()
    new AgentApp({ title: "Shop" });
  });

  it("give clients the contract: inputs as callers send them, outputs as they get them", () => {
    const app = new AgentApp(options).intent("search", { ...search, handler: () => [] }).flow(
      flow("track", {
        description: "Track",
        orchestration: "client",
        steps: {
          status: step({ entry: true, description: "Status", input: z.object({ id: z.string() }), handler: () => 1 }),
        },
      }),
    );
    type Contract = InferContract<typeof app>;
    expectTypeOf<Contract>().toExtend<SiteContract>();
    expectTypeOf<Contract["intents"]["search"]["input"]>().toEqualTypeOf<{ query: string; max?: number | undefined }>();
    expectTypeOf<Contract["intents"]["search"]["output"]>().toEqualTypeOf<{ id: string; price: number }[]>();
    expectTypeOf<Contract["flows"]["track"]["orchestration"]>().toEqualTypeOf<"client">();
    expectTypeOf<Contract["flows"]["track"]["steps"]["status"]["input"]>().toEqualTypeOf<{ id: string }>();
    expectTypeOf<Contract["flows"]["track"]["steps"]["status"]["output"]>().toEqualTypeOf<unknown>();
  });

  it("are the same for definitions given to the constructor", () => {
    const app = new AgentApp({
      ...options,
      intents: { search: intent({ ...search, handler: () => [] }) },
      flows: {
        checkout: flow("checkout", {
          description: "Buy",
          steps: { pay: step({ entry: true, description: "Pay", output: z.string(), handler: () => "paid" }) },
        }),
      },
    });
    type Contract = InferContract<typeof app>;
    expectTypeOf<Contract["intents"]["search"]["input"]>().toEqualTypeOf<{ query: string; max?: number | undefined }>();
    expectTypeOf<Contract["flows"]["checkout"]["steps"]["pay"]["output"]>().toEqualTypeOf<string>();
    expectTypeOf<Contract["flows"]["checkout"]["orchestration"]>().toEqualTypeOf<"server">();
  });
});
