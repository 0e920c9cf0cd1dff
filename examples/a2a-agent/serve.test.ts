import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "./serve.ts";

let agent: ExampleAgent;
beforeAll(async () => {
  agent = await serveExampleAgent();
});
afterAll(() => agent.close());

const post = async (path: string, body: string, contentType = "application/json") => {
  const answer = await fetch(agent.url + path, { method: "POST", headers: { "content-type": contentType }, body });
  return { status: answer.status, body: (await answer.json()) as any };
};

test.each(["application/json", "text/plain"])("a path that is not there is told at once in JSON: %s", async (type) => {
  const error = "No POST /task here";
  expect(await post("/task", "{}", type)).toMatchObject({ status: 404, body: { error, card: expect.any(String) } });
});

test("a body that is no JSON is told in the binding's own shape", async () => {
  expect(await post("/", "{")).toMatchObject({ status: 200, body: { jsonrpc: "2.0", error: { code: -32700 } } });
  const told = { error: { code: 400, status: "INVALID_ARGUMENT", message: "The body is not JSON" } };
  expect(await post("/rest/message:send", "{")).toMatchObject({ status: 400, body: told });
});

test("a port that is taken is told", async () => {
  await expect(serveExampleAgent({ port: Number(new URL(agent.url).port) })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});
