import { expect, test, vi } from "vitest";
import { AgentApp, flow, none, step } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";

const broken = new Error("the database is away");
const handler = () => {
  throw broken;
};
const fails = { description: "Fails", handler };

const siteOf = (onError?: (error: unknown, operation: string) => void) =>
  new AgentApp({ title: "Shop", auth: none(), ...(onError && { onError }) })
    .intent("refund", fails)
    .flow(flow("checkout", { description: "Buys", steps: { pay: step({ ...fails, entry: true }) } }))
    .flow(
      flow("track", {
        description: "Looks",
        orchestration: "client",
        steps: { look: step({ ...fails, entry: true }) },
      }),
    );

test("whoever runs the site is told which intent, or which step of which flow, has failed", async () => {
  const told: [unknown, string][] = [];
  const agent = agentOf(siteOf((error, operation) => told.push([error, operation])));
  expect((await agent.intent("refund")).status).toBe(500);
  await agent.step("checkout", "pay", await agent.start("checkout"));
  await agent.clientStep("track", "look");
  expect(told).toEqual([
    [broken, 'intent "refund"'],
    [broken, 'step "pay" of flow "checkout"'],
    [broken, 'step "look" of flow "track"'],
  ]);
});

test("the console is told the same", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  await agentOf(siteOf()).intent("refund");
  expect(told.mock.calls).toEqual([['agentgate: intent "refund" failed:', broken]]);
  told.mockRestore();
});

test("a failure before a step is named by what was asked for", async () => {
  const told: string[] = [];
  const away = async (): Promise<never> => {
    throw broken;
  };
  const app = new AgentApp({
    title: "Shop",
    auth: none(),
    onError: (_error, operation) => told.push(operation),
    sessionStore: { create: away, get: away, update: away },
  }).flow(flow("checkout", { description: "Buys", steps: { pay: step({ ...fails, entry: true }) } }));
  const agent = agentOf(app);
  await agent.start("checkout").catch(() => {});
  await agent.inspect("checkout", "x".repeat(32));
  expect(told).toEqual(['start of flow "checkout"', 'session of flow "checkout"']);
});
