import { expect, test } from "vitest";
import { bundledBytes } from "../testing/bundled-bytes.ts";

const loadedOnUse = /\/(server-sent-events|task-stream|chain-stream|followed-events|task-extras)\.ts$/;

test("the gateway's client is at most 8 KiB at first; streams and files come with their first use", async () => {
  expect(await bundledBytes("AgentGateClient", loadedOnUse)).toBeLessThanOrEqual(8 * 1024);
  expect(await bundledBytes("AgentGateClient")).toBeLessThanOrEqual(9.5 * 1024);
});

test("what a program does not import it does not load", async () => {
  expect(await bundledBytes("GatewayError")).toBeLessThanOrEqual(600);
  expect(await bundledBytes("textOf")).toBeLessThanOrEqual(600);
  expect(await bundledBytes("verifyWebhook")).toBeLessThanOrEqual(1_500);
});
