import { expect, test } from "vitest";
import { bundledBytes } from "../testing/bundled-bytes.ts";

const loadedOnUse = /\/(event-stream|flow-session|search)\.ts$/;

test("an agent loads at most 5.25 KiB at first; sessions, streams and searches come with their first use", async () => {
  expect(await bundledBytes("AgentClient", loadedOnUse)).toBeLessThanOrEqual(5.25 * 1024);
  expect(await bundledBytes("AgentClient")).toBeLessThanOrEqual(9 * 1024);
});
