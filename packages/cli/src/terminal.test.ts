import { spawn } from "node:child_process";
import { accessSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@agentgate/site/node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { goldenKey, goldenShop } from "../../site/src/testing/golden-shop.ts";
import { binPath, cleanEnvironment } from "./testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "./testing/served-gateway.ts";

/** util-linux's `script` gives the command a real pseudo-terminal. */
const script = "/usr/bin/script";
const hasScript = (() => {
  try {
    accessSync(script);
    return process.platform === "linux";
  } catch {
    return false;
  }
})();

let gateway: ServedGateway;
beforeAll(async () => {
  if (hasScript) gateway = await serveGateway();
});
afterAll(() => gateway?.stop("SIGKILL"));

/** What a person sees, and the exit code. `answer` is typed once `question` has appeared. */
function onTerminal(args: string[], { env = {}, question = "", answer = "", columns = 80 } = {}) {
  const command = [process.execPath, binPath, ...args].map((word) => `'${word}'`).join(" ");
  const all = cleanEnvironment({
    AGENTGATE_SERVER: gateway.url,
    AGENTGATE_API_KEY: gateway.adminKey,
    TERM: "xterm",
    ...env,
  });
  const child = spawn(script, ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"], { env: all });
  return new Promise<{ exitCode: number | null; screen: string }>((resolve) => {
    let screen = "";
    child.stdout.on("data", (chunk) => {
      const asked = screen.includes(question);
      screen += chunk;
      if (question && !asked && screen.includes(question)) child.stdin.write(answer);
    });
    child.on("close", (exitCode) => resolve({ exitCode, screen: screen.replaceAll("\r\n", "\n") }));
  });
}

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

describe.skipIf(!hasScript)("on a terminal", () => {
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
