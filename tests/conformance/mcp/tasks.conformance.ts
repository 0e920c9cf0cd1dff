import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchSuite, runScenario } from "./kit.ts";
import { standBefore } from "./stand.ts";
import { startTasksServer, type TasksServer } from "./tasks-server.ts";

/** The suite's scenarios of the extension for tasks against a server that keeps some, directly and through a gateway. */

const suite = await fetchSuite();
if ("missing" in suite) console.warn(suite.missing);

let server: TasksServer;
let gate: Awaited<ReturnType<typeof standBefore>>;
beforeAll(async () => {
  server = await startTasksServer();
  gate = await standBefore(server.url);
});
afterAll(async () => {
  await gate?.close();
  await server?.close();
});

const REVISION = "2026-07-28";

test.skipIf("missing" in suite).each([
  ["tasks-lifecycle", 9],
  ["tasks-capability-negotiation", 5],
  ["tasks-dispatch-and-envelope", 9],
  ["tasks-request-headers", 5],
  ["tasks-wire-fields", 4],
  ["tasks-request-state-removal", 3],
  ["tasks-mrtr-input", 4],
  ["tasks-mrtr-composition", 2],
  ["tasks-required-task-error", 3],
  // Nothing but a note in this version of the suite: it is to be written anew over subscriptions.
  ["tasks-status-notifications", 0],
])("%s", async (scenario, count) => {
  const program = (suite as { program: string }).program;
  const direct = await runScenario(program, server.url, scenario, REVISION);
  const through = await runScenario(program, gate.url, scenario, REVISION);
  const passed = [...direct].filter(([, status]) => status === "SUCCESS");
  expect([...direct].filter(([, status]) => status === "FAILURE")).toEqual([]);
  expect(passed).toHaveLength(count);
  expect([...through].filter(([, status]) => status === "SUCCESS")).toEqual(passed);
});
