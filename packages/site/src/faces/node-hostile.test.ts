import { createServer } from "node:http";
import http2 from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import express from "express";
import Fastify from "fastify";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { AgentApp, apiKey, none, SiteError } from "../index.ts";
import { type Serving, serve, serveWith } from "../testing/serve.ts";
import { mount } from "./express.ts";
import * as onFastify from "./fastify.ts";
import { toNodeHandler } from "./node.ts";
import { pathOfTarget } from "./node-exchange.ts";

const errors: unknown[] = [];
afterEach(() => void errors.splice(0));

const site = (more: object = {}) =>
  new AgentApp({
    title: "Hostile",
    auth: none(),
    baseUrl: "https://site.test",
    onError: (error) => errors.push(error),
    ...more,
  }).intent("echo", {
    description: "Returns its text",
    input: z.object({ text: z.string() }),
    handler: ({ text }) => text,
  });

async function start(app = site()): Promise<Serving & { raw(text: string): Promise<Conversation> }> {
  const serving = await serve(toNodeHandler(app));
  onTestFinished(() => serving.close());
  return { ...serving, raw: (text) => converse(serving.url, text) };
}

interface Conversation {
  readonly socket: Socket;
  received(): string;
  until(pattern: RegExp): Promise<string>;
  closed: Promise<void>;
}

/** A connection that says exactly what it is told to. */
async function converse(url: string, text: string): Promise<Conversation> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let data = "";
  socket.on("data", (chunk) => {
    data += chunk;
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.write(text);
  const until = async (pattern: RegExp) => {
    await expect.poll(() => data).toMatch(pattern);
    return data;
  };
  return { socket, received: () => data, until, closed };
}

const echoRequest = (body: string, headers = "") =>
  `POST /agent/intents/echo HTTP/1.1\r\nHost: x\r\nX-Agent-Request: true\r\nContent-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe("node face", () => {
  it("does not trust the host of an absolute request target", async () => {
    const { raw } = await start();
    const { until } = await raw(
      "GET http://evil.test/.well-known/agent-manifest.json HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    );
    expect(await until(/"base_url"/)).toContain('"base_url":"https://site.test"');
    expect(pathOfTarget("http://evil.test")).toBe("/");
    expect(pathOfTarget("/a?b=http://c/d#e")).toBe("/a");
    expect(pathOfTarget("//evil.test/agent/x")).toBe("//evil.test/agent/x");
  });

  it("names no host that the caller made up, when no base URL is set", async () => {
    const { raw, fetch } = await start(site({ baseUrl: undefined }));
    for (const host of ["evil.test", "localhost.evil.test", "localhost:1@evil.test", "127.0.0.1:99999999", ""]) {
      const { until, received } = await raw(
        `GET /.well-known/agent-manifest.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      await until(/\r\n\r\n/);
      expect([host, received().slice(9, 12)]).toEqual([host, "404"]);
    }
    expect((await fetch("/.well-known/agent-manifest.json")).status).toBe(200);
  });

  it("survives the asterisk form and targets that are no paths", async () => {
    const { raw, fetch } = await start();
    for (const target of ["*", "//", "/%", "/agent/flows/%E0%A4%A/start", "example.test:443"]) {
      const { until } = await raw(`OPTIONS ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect((await until(/^HTTP\/1\.1 4\d\d/)).slice(9, 10)).toBe("4");
    }
    expect((await fetch("/.well-known/agent-manifest.json")).status).toBe(200);
  });

  it("reads no body of a HEAD request and keeps the connection usable", async () => {
    const { raw } = await start();
    const head = "HEAD /.well-known/agent-manifest.json HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
    const { until } = await raw(head + echoRequest('{"text":"after"}'));
    expect(await until(/"after"/)).not.toContain("agent_api_version");
  });

  it("drains a body it did not read, so that the connection goes on", async () => {
    const { raw } = await start(site({ auth: apiKey({ verify: () => null }) }));
    const body = JSON.stringify({ text: "x".repeat(200_000) });
    const { until } = await raw(echoRequest(body) + echoRequest(body));
    const received = await until(/HTTP\/1\.1 401[\s\S]*HTTP\/1\.1 401/);
    expect(received.match(/HTTP\/1\.1 401/g)).toHaveLength(2);
  });

  it("closes the connection of a body without end", async () => {
    const { raw } = await start(site({ bodyBytesMax: 1000 }));
    const { socket, closed, until } = await raw(
      "POST /agent/intents/echo HTTP/1.1\r\nHost: x\r\nX-Agent-Request: true\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const chunk = `400\r\n${"x".repeat(1024)}\r\n`;
    const pump = setInterval(() => socket.write(chunk), 2);
    await until(/HTTP\/1\.1 413/);
    await closed;
    clearInterval(pump);
  });

  it("forgets a caller that leaves in the middle of its body", async () => {
    const { raw, fetch } = await start();
    const { socket, closed } = await raw(echoRequest('{"text":"half"}').slice(0, -5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    await closed;
    expect((await fetch("/.well-known/agent-manifest.json")).status).toBe(200);
    expect(errors).toEqual([]);
  });

  it("takes a repeated header for one value, never for the first", async () => {
    const { raw } = await start();
    const { until } = await raw(echoRequest('{"text":"x"}', "X-Agent-Request: false\r\n"));
    expect(await until(/"error"/)).toContain("missing_header");
  });

  it("answers 500 instead of dying from a header that cannot be sent", async () => {
    const silent = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => silent.mockRestore());
    const app = site().intent("cursed", {
      description: "Fails with a header that HTTP does not allow",
      handler: () => {
        throw new SiteError("cursed", "Cursed", { headers: { "x-cursed": "line\nbreak" } });
      },
    });
    const { fetch } = await start(app);
    const call = { method: "POST", headers: { "X-Agent-Request": "true" } };
    const response = await fetch("/agent/intents/cursed", call);
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([500, "internal_error"]);
    expect((await fetch("/.well-known/agent-manifest.json")).status).toBe(200);
  });

  it("does not trip over a status message that middleware left", async () => {
    const handler = toNodeHandler(site());
    const serving = await serve((request, response) => {
      response.statusMessage = "left\nover";
      handler(request, response);
    });
    onTestFinished(() => serving.close());
    const response = await serving.fetch("/.well-known/agent-manifest.json");
    expect([response.status, response.statusText]).toEqual([200, "OK"]);
  });

  it("works over HTTP/2", async () => {
    const server = http2.createServer(toNodeHandler(site()) as never);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const stream = client.request({
      ":method": "POST",
      ":path": "/agent/intents/echo",
      "x-agent-request": "true",
      "content-type": "application/json",
    });
    stream.end('{"text":"over h2"}');
    let status: number | undefined;
    stream.on("response", (headers) => {
      status = headers[":status"];
    });
    let text = "";
    for await (const chunk of stream) text += chunk;
    expect([status, text]).toEqual([200, '"over h2"']);
  });

  it("holds a fast handler back while a slow reader does not read", async () => {
    let sent = 0;
    const app = site().intent("flood", {
      description: "Sends more than anyone reads",
      stream: true,
      handler: async (_input, { chunk, signal }) => {
        while (!signal.aborted && sent < 5000) {
          await chunk("x".repeat(10_000));
          sent++;
        }
        return sent;
      },
    });
    const { raw } = await start(app);
    const request =
      "POST /agent/intents/flood HTTP/1.1\r\nHost: x\r\nX-Agent-Request: true\r\nAccept: text/event-stream\r\nContent-Length: 0\r\n\r\n";
    const { socket } = await raw(request);
    socket.pause();
    await expect.poll(() => sent).toBeGreaterThan(0);
    // What the two kernels buffer for a connection on loopback is far below the whole; then nothing more is sent.
    for (let before = -1; before !== sent; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(sent).toBeLessThan(4000);
    socket.destroy();
  });
});

describe("mounting under a path", () => {
  const call = {
    method: "POST",
    headers: { "X-Agent-Request": "true", "Content-Type": "application/json" },
    body: '{"text":"hi"}',
  };

  it("works in Express when the base URL has the path, and warns when it has not", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    for (const [baseUrl, warnings] of [
      ["https://site.test/shop", 0],
      ["https://site.test", 1],
    ] as const) {
      const app = express();
      const router = express.Router();
      mount(router, site({ baseUrl }));
      app.use("/shop", router);
      const serving = await serve(app);
      onTestFinished(() => serving.close());
      expect((await serving.fetch("/shop/agent/intents/echo", call)).status).toBe(200);
      expect((await serving.fetch("/agent/intents/echo", call)).status).toBe(404);
      expect(warned).toHaveBeenCalledTimes(warnings);
    }
  });

  it("works in Fastify when the base URL has the path, and says so when it has not", async () => {
    const app = Fastify();
    await app.register(async (scope) => onFastify.mount(scope, site({ baseUrl: "https://site.test/shop" })), {
      prefix: "/shop",
    });
    const headers = { "x-agent-request": "true", "content-type": "application/json" };
    const response = await app.inject({
      method: "POST",
      url: "/shop/agent/intents/echo",
      headers,
      payload: '{"text":"hi"}',
    });
    expect([response.statusCode, response.body]).toEqual([200, '"hi"']);
    const wrong = Fastify();
    await expect(wrong.register(async (scope) => onFastify.mount(scope, site()), { prefix: "/shop" })).rejects.toThrow(
      /Set baseUrl to end in \/shop/,
    );
  });

  it("works behind a proxy that strips the path", async () => {
    const serving = await serveWith(
      createServer(toNodeHandler(site({ baseUrl: "https://site.test/shop", pathPrefix: "" }))),
    );
    onTestFinished(() => serving.close());
    expect((await serving.fetch("/agent/intents/echo", call)).status).toBe(200);
  });
});
