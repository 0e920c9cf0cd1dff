import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentGateClient } from "./agentgate-client.ts";
import { startRecordingGateway } from "./testing/recording-gateway.ts";

/** Answers without end: of a gateway that is none, or not the one that was meant. */

let server: Awaited<ReturnType<typeof startRecordingGateway>>;
let gateway: AgentGateClient;
beforeEach(async () => {
  server = await startRecordingGateway();
  gateway = new AgentGateClient({ baseUrl: server.url, answerCharactersMax: 100_000, entriesMax: 50 });
});
afterEach(() => server.close());

const failed = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    ({ code, message }) => `${code}: ${message}`,
  );

test.each([200, 500])("an answer of status %i that does not end is broken off", async (status) => {
  let written = 0;
  server.answers((response) => {
    response.writeHead(status, { "content-type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(10_000))) written += 10_000;
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  expect(await failed(gateway.getAgent("id"))).toMatch(/^invalid_response: .* sent too much: .*100000 characters/);
  expect(written).toBeLessThan(20_000_000);
});

test("an answer up to the bound is read, whatever it comes in", async () => {
  const body = JSON.stringify({ id: "é".repeat(40_000) });
  server.answers(async (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const bytes = Buffer.from(body);
    for (let at = 0; at < bytes.length; at += 33_333) {
      response.write(bytes.subarray(at, at + 33_333));
      await new Promise(setImmediate);
    }
    response.end();
  });
  expect(await gateway.getAgent("id")).toEqual(JSON.parse(body));
});

test("a list whose pages do not end is broken off, full pages or empty ones", async () => {
  let page = 0;
  const items = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `${page}-${i}` }));
  const endless = (count: number, key?: string) =>
    server.answers((response) => {
      page += 1;
      const body = key ? { [key]: items(count) } : items(count);
      response.writeHead(200, { "content-type": "application/json", link: `</x?offset=${page}>; rel="next"` });
      response.end(JSON.stringify(body));
    });
  endless(20);
  expect(await failed(gateway.listAgents())).toMatch(/^invalid_response: .* lists more than 50 entries/);
  expect(page).toBe(3);
  expect((await gateway.listAgents({ limit: 60 })).length).toBe(60);
});
