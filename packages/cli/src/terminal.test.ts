import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@agentgate/site/node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { goldenKey, goldenShop } from "../../site/src/testing/golden-shop.ts";
import { hasTerminal, onTerminal as runOnTerminal } from "./testing/on-terminal.ts";
import { type ServedGateway, serveGateway } from "./testing/served-gateway.ts";

let gateway: ServedGateway;
beforeAll(async () => {
  if (hasTerminal) gateway = await serveGateway();
});
afterAll(() => gateway?.stop("SIGKILL"));

/** Against the gateway, as its admin. @see runOnTerminal */
const onTerminal = (args: string[], { env = {}, question = "", answer = "", columns = 80 } = {}) =>
  runOnTerminal(args, {
    env: { AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: gateway.adminKey, ...env },
    answers: question ? [[question, answer]] : [],
    columns,
  });

const register = async (name: string) => {
  const response = await fetch(`${gateway.url}/agents/`, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name, url: "http://127.0.0.1:19999", description: "x".repeat(100), tags: ["some", "tags"] }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
};
const exists = async (id: string) => (await fetch(`${gateway.url}/agents/${id}`)).status === 200;

describe.skipIf(!hasTerminal)("on a terminal", () => {
  test("deleting asks, and only yes deletes", async () => {
    const id = await register("asked");
    for (const answer of ["\n", "n\n", "maybe\n"]) {
      const { exitCode, screen } = await onTerminal(["delete", id], { question: "[y/N]", answer });
      expect(exitCode).toBe(1);
      expect(screen).toContain(`Delete asked 1.0.0 (${id})? [y/N]`);
      expect(screen).toContain("Nothing was deleted");
      expect(await exists(id)).toBe(true);
    }
    const { exitCode, screen } = await onTerminal(["delete", id], { question: "[y/N]", answer: "y\n" });
    expect(exitCode).toBe(0);
    expect(screen).toContain("Deleted asked 1.0.0");
    expect(await exists(id)).toBe(false);
  });

  test("there are colours, of the terminal's own palette, unless NO_COLOR is set", async () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    const colours = /\u001b\[(\d+)m/g;
    const { screen } = await onTerminal(["status"]);
    const used = [...screen.matchAll(colours)].map(([, code]) => Number(code));
    expect(used.length).toBeGreaterThan(0);
    for (const code of used) expect(code).toBeLessThan(50);
    expect((await onTerminal(["status"], { env: { NO_COLOR: "1" } })).screen).not.toMatch(colours);
    expect((await gateway.run(["status"])).stdout).not.toMatch(colours);
  });

  test("a table fits the width", async () => {
    await register("a-rather-long-name-for-an-agent-that-has-to-be-cut");
    const { screen } = await onTerminal(["list"], { columns: 100, env: { NO_COLOR: "1" } });
    for (const line of screen.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(screen).toContain("…");
    expect((await gateway.run(["list"])).stdout).toContain("a-rather-long-name-for-an-agent-that-has-to-be-cut");
  });

  test("Ctrl-C in the middle of a flow tells how to go on", async () => {
    const shop = createServer(toNodeHandler(goldenShop())).listen(0, "127.0.0.1");
    onTestFinished(() => {
      shop.closeAllConnections();
      shop.close();
    });
    await new Promise<void>((resolve) => shop.once("listening", resolve));
    const address = `127.0.0.1:${(shop.address() as AddressInfo).port}`;
    const env = { AGENTGATE_SITE_KEY: goldenKey, NO_COLOR: "1" };
    const { screen } = await onTerminal(["flow", address, "checkout"], {
      env,
      question: "product_id",
      answer: "\u0003",
    });
    expect(screen).toContain("The flow was left before its end");
    expect(screen).toMatch(new RegExp(`Go on with: agentgate flow ${address} checkout --session \\S+`));
  });

  test("JSON is indented to be read", async () => {
    const { screen } = await onTerminal(["status", "--json"]);
    expect(screen).toContain('{\n  "server": ');
  });
});
