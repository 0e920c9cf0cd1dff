import { expect, test } from "vitest";
import { serverSentEventParser } from "../gateway/http/server-sent-events.ts";
import { AgentClient } from "./agent-client.ts";
import { IntentError, ManifestInvalidError } from "./errors.ts";
import { readText } from "./read-text.ts";
import { instantly, manifest, searchIntent } from "./testing/recorded-fetch.ts";

const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;

const clientOf = (answers: Record<string, string>, status = 200) => {
  const fetch = async (url: string) => {
    const isManifest = url.endsWith("/agent-manifest.json");
    return new Response(answers[isManifest ? "manifest" : "call"], { status: isManifest ? 200 : status });
  };
  return new AgentClient({ fetch, timing: instantly, retriesMax: 0 });
};
const shop = JSON.stringify(manifest({ intents: [searchIntent] }));

test.each([
  ["levels", `{"agent_api_version":"1.0","name":"Shop","more":${deep}}`],
  ["values", `{"agent_api_version":"1.0","name":"Shop","more":[${"{},".repeat(60_000)}1]}`],
])("a manifest of too many %s is refused by name", async (_what, text) => {
  await expect(clientOf({ manifest: text }).discover("https://shop.test")).rejects.toThrow(ManifestInvalidError);
});

test.each([
  ["a deep detail", `{"detail":{"more":${deep}}}`],
  ["a detail of deep things", `{"detail":[{"loc":${deep},"msg":${deep}}]}`],
  ["a deep message", `{"error":"x","message":${deep}}`],
  ["deep issues", `{"error":"invalid_input","message":"no","issues":${deep}}`],
])("an error of %s is an error of the call", async (_name, call) => {
  const site = await clientOf({ manifest: shop, call }, 422).discover("https://shop.test");
  await expect(site.call("search", {})).rejects.toThrow(IntentError);
});

test("an error says what it is in a message of some size", async () => {
  const call = JSON.stringify({ error: "x", message: "y".repeat(1_000_000) });
  const site = await clientOf({ manifest: shop, call }, 422).discover("https://shop.test");
  const error = await site.call("search", {}).catch((one: Error) => one);
  expect((error as Error).message).toHaveLength(4096);
});

const inPieces = (text: string, count: number) => {
  let left = count;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new TextEncoder().encode(text));
      else controller.close();
    },
  });
};

test("a body of a great many small chunks is given up", async () => {
  await expect(readText(new Response(inPieces("x", 300_000)), 2 ** 24)).rejects.toThrow(/more than/);
  expect(await readText(new Response(inPieces("xy", 100_000)), 2 ** 24)).toHaveLength(200_000);
});

test("an event in pieces takes no longer than its size allows, and comes out whole", () => {
  const parse = serverSentEventParser(2 ** 22, () => new Error("too large"));
  const started = performance.now();
  for (let i = 0; i < 400_000; i++) expect(parse(i ? "x" : "data: x").length).toBe(0);
  expect(parse("\r")).toEqual([]);
  expect(parse("\n\r\n")).toMatchObject([{ event: "", data: "x".repeat(400_000) }]);
  expect(performance.now() - started).toBeLessThan(15_000);
});

test("an event that never ends is given up", () => {
  const parse = serverSentEventParser(1000, () => new Error("too large"));
  expect(() => {
    for (let i = 0; i < 2000; i++) parse("x");
  }).toThrow("too large");
});
