import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { ADMIN_KEY, startTestGateway, type TestGateway } from "../testing/index.ts";
import { createHttpServer, serveDocs } from "./index.ts";

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

test("the OpenAPI document describes every operation with what it needs and answers", async () => {
  const { body: document } = await gate.call("GET", "/openapi.json", undefined, null);
  expect(document.openapi).toBe("3.1.0");
  const task = document.paths["/agents/{id}/task"].post;
  expect(Object.keys(task.responses)).toEqual(
    expect.arrayContaining(["200", "402", "404", "422", "429", "502", "504"]),
  );
  expect(task.security).toEqual([{}, { bearer: [] }]);
  const headersOf = (operation: any) => operation.parameters.filter((p: any) => p.in === "header");
  expect(headersOf(task).map(({ name, required }: any) => [name, required])).toEqual([
    ["X-AgentGate-Payer-Key", false],
    ["Idempotency-Key", false],
  ]);
  expect(headersOf(document.paths["/orgs/{id}/topup"].post)).toHaveLength(1);
  expect(document.paths["/agents/"].get.parameters[0]).toMatchObject({
    name: "skill",
    description: "Part of a skill's id or name, any case",
  });
  expect(document.paths["/health"].get.security).toEqual([]);
  const created = document.paths["/orgs/"].post;
  expect(created.security).toEqual([{ bearer: [] }]);
  expect(created.requestBody.content["application/json"].schema).toEqual({ $ref: "#/components/schemas/NewOrg" });
  expect(document.components.schemas.NewOrg.required).toEqual(["name"]);
});

test("every body has an example of its fields, and values are shown as they are read", async () => {
  const { body: document } = await gate.call("GET", "/openapi.json", undefined, null);
  const operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.values<any>(methods).map((operation) => ({ path, ...operation })),
  );
  const withBody = operations.filter(
    ({ path, requestBody }) => requestBody?.content["application/json"] && !path.startsWith("/a2a/push/"),
  );
  expect(withBody.length).toBeGreaterThan(10);
  for (const { path, requestBody } of withBody) {
    const { schema: given, example } = requestBody.content["application/json"];
    const schema = given.$ref ? document.components.schemas[given.$ref.split("/").at(-1)] : given;
    expect(example, path).toBeTypeOf("object");
    expect(Object.keys(example), path).toEqual(expect.arrayContaining(schema.required ?? []));
    if (schema.properties)
      expect(Object.keys(schema.properties), path).toEqual(expect.arrayContaining(Object.keys(example)));
  }
  const limit = document.paths["/agents/search"].get.parameters.find(({ name }: any) => name === "limit");
  expect(limit.schema).toEqual({ type: "integer", minimum: 1, maximum: 200, default: 50 });
  const agent = document.components.schemas.Agent.properties;
  expect(agent.created_at).toEqual({ type: "string", format: "date-time" });
  expect(JSON.stringify(agent.timeout_ms)).not.toContain(`${Number.MAX_SAFE_INTEGER}`);
});

test("the document is written once, however often it is asked for", async () => {
  const frame = { clock: systemClock, random: systemRandom, log: silentLog };
  const app = createHttpServer({ ...frame, publicUrl: "", corsOrigins: [], trustedProxies: [], bodyBytesMax: 1000 });
  let written = 0;
  serveDocs(app, () => `{"written":${++written}}`);
  for (let n = 0; n < 3; n++) expect((await app.inject("/openapi.json")).json()).toEqual({ written: 1 });
  await app.close();
});

test("Swagger UI shows the operations, light or dark, and loads nothing from elsewhere", async ({ skip }) => {
  const executablePath = inject("chromiumPath");
  if (!executablePath) return skip("not installed");
  const browser = await chromium.launch({
    executablePath,
    timeout: 120_000,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const requested: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    // Under another name than the gateway knows itself by.
    const origin = gate.url.replace("127.0.0.1", "localhost");
    const operation = (operationId: string) => page.locator(`[id$="-${operationId}"]`);
    // Of so many operations it draws those that are in sight.
    await page.goto(`${origin}/docs#/Health/getHealth`);
    await operation("getHealth").waitFor();
    expect(await operation("getHealth").locator(".authorization__btn").count()).toBe(0);
    await page.goto("about:blank");
    await page.goto(`${origin}/docs`);
    await operation("listAgents").getByText("List agents").click();
    await operation("listAgents").getByRole("button", { name: "Execute" }).click();
    await operation("listAgents").locator(".live-responses-table .response-col_status").getByText("200").waitFor();

    const lockOf = (operationId: string) =>
      operation(operationId).locator(".authorization__btn").getAttribute("aria-label");
    const open = "authorization button unlocked";
    const locks = () => Promise.all(["listAgents", "registerAgent"].map(lockOf));
    expect(await locks()).toEqual([open, open]);
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.locator(".auth-container input").fill(ADMIN_KEY);
    await page.locator(".auth-btn-wrapper .authorize").click();
    await page.locator(".auth-btn-wrapper .btn-done").click();
    const shut = "authorization button locked";
    await expect.poll(locks, { timeout: 60_000 }).toEqual([shut, shut]);

    expect(requested.filter((url) => !url.startsWith(origin) && !url.startsWith("data:"))).toEqual([]);
    expect(complaints).toEqual([]);

    const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(background).not.toBe(light);
  } finally {
    await browser.close();
  }
});
