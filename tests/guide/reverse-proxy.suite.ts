// The page's proxies in front of a gateway: streams as they come, sockets, and callers' own addresses.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../packages/gateway/src/testing/index.ts";

const page = readFileSync(new URL("../../docs/reverse-proxy.md", import.meta.url), "utf8");
const block = (language: string) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(page)![1]!;
/** Says two words, one after the other. */
const startTalker = () =>
  startAgent(async ({ headers }, response) => {
    if (!headers.accept?.includes("text/event-stream")) {
      response.end('{"text":"done"}');
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    for (const word of ["one", "two"]) {
      response.write(`event: chunk\ndata: ${word}\n\n`);
      await delay(700);
    }
    response.end('event: result\ndata: {"text":"done"}\n\n');
  });

/** The page's settings, without what only its machine has: certificates, its ports, its name. */
const proxies = {
  nginx(folder: string, gateway: string, port: number) {
    const settings = block("nginx")
      .replace("127.0.0.1:8000", gateway)
      .replace("listen 443 ssl", `listen 127.0.0.1:${port}`)
      .replace(/^\s*ssl_\S+ .*\n/gm, "");
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {}\nhttp { access_log off; ${paths.join(" ")}\n${settings}}`,
    );
    return ["-p", folder, "-c", file];
  },
  caddy(folder: string, gateway: string, port: number) {
    const file = join(folder, "Caddyfile");
    const settings = block("caddyfile")
      .replace("127.0.0.1:8000", gateway)
      .replace(/^gateway\.example/m, `http://127.0.0.1:${port}`);
    writeFileSync(file, `{\n  admin off\n}\n${settings}`);
    return ["run", "--config", file, "--adapter", "caddyfile"];
  },
};

/** What the page says of a proxy, with that proxy. @param find where it is; undefined where it is not installed */
export function describeProxy(name: keyof typeof proxies, find: () => Promise<string | undefined>): void {
  let program: string | undefined;
  let agent: TestAgent;
  let folder: ReturnType<typeof temporaryDirectory>;
  let gate: TestGateway;
  let child: ChildProcess;
  let url: string;
  let id: string;
  beforeAll(async () => {
    program = await find();
    if (!program) return;
    folder = temporaryDirectory("proxy");
    agent = await startTalker();
    gate = await startTestGateway("sqlite", { trustedProxies: ["127.0.0.1"] });
    ({ id } = await gate.register({ name: "words", url: agent.url }));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(program, proxies[name](folder.path, new URL(gate.url).host, port), {
      stdio: "ignore",
      env: { PATH: process.env.PATH, HOME: folder.path },
    });
    await vi.waitFor(() => fetch(`${url}/health`).then(({ status }) => expect(status).toBe(200)), { timeout: 60_000 });
  });
  afterAll(async () => {
    child?.kill();
    await Promise.all([gate?.close(), agent?.close()]);
    folder?.remove();
  });

  const task = {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.9" },
    body: "{}",
  };

  test("streams go out as they come, and say who called", async ({ skip }) => {
    if (!program) return skip(`${name} is not installed`);
    const began = performance.now();
    const response = await fetch(`${url}/agents/${id}/task/stream`, task);
    let firstChunkAfter = 0;
    let text = "";
    for await (const bytes of response.body!) {
      text += Buffer.from(bytes).toString();
      if (firstChunkAfter === 0 && text.includes("data: one")) firstChunkAfter = performance.now() - began;
    }
    expect(text).toContain('data: {"text":"done"}');
    // The agent takes twice as long for the whole.
    expect(firstChunkAfter).toBeGreaterThan(0);
    expect(performance.now() - began - firstChunkAfter).toBeGreaterThan(600);
    const logs = await gate.call("GET", `/agents/${id}/logs`, undefined, ADMIN_KEY);
    // Here the caller is where the proxy is: nginx passes on what it says of itself, and Caddy does not.
    expect(logs.body[0].caller_ip).toBe(name === "nginx" ? "203.0.113.9" : "127.0.0.1");
  });

  test("sockets open", async ({ skip }) => {
    if (!program) return skip(`${name} is not installed`);
    const socket = new WebSocket(`${url.replace("http", "ws")}/agents/${id}/task/ws`);
    const messages: any[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    socket.on("open", () => socket.send('{"type":"task","task":{}}'));
    await expect.poll(() => messages.at(-1)).toEqual({ type: "result", data: { text: "done" } });
    socket.close();
  });

  test("large archives pass", async ({ skip }) => {
    if (!program) return skip(`${name} is not installed`);
    // Refused by the gateway for what it is, and not by the proxy for its size.
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(12 * 1024 * 1024)]), "agent.tar.gz");
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const response = await fetch(`${url}/deploy/`, { method: "POST", headers, body: form });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: "archive_unusable" }),
    ]);
  });
}
