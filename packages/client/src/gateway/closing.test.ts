import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentGateClient } from "./agentgate-client.ts";
import { startRecordingGateway } from "./testing/recording-gateway.ts";

let server: Awaited<ReturnType<typeof startRecordingGateway>>;
beforeEach(async () => {
  server = await startRecordingGateway();
});
afterEach(() => server.close());

test("a client is closed at the end of its block: what is under way ends, and nothing begins", async () => {
  server.answers((response) => response.writeHead(200, { "content-type": "text/event-stream" }).write(": x\n\n"));
  let left: AgentGateClient;
  let call: Promise<unknown>;
  let stream: Promise<unknown>;
  {
    await using gateway = new AgentGateClient(server.url);
    left = gateway;
    call = gateway.health().catch((error) => error.code);
    stream = gateway
      .streamTask("id", "hi")
      .next()
      .catch((error) => error.code);
    await expect.poll(() => server.requests.length).toBe(2);
  }
  expect(await Promise.all([call, stream])).toEqual(["closed", "closed"]);
  await expect(left.health()).rejects.toMatchObject({ code: "closed" });
  await expect(left.streamTask("id", "hi").next()).rejects.toMatchObject({ code: "closed" });
  await left.close();
  expect(server.requests).toHaveLength(2);
});
