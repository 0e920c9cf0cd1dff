import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import express from "express";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AgentApp, none } from "../index.ts";
import { goldenKey, goldenShop } from "../testing/golden-shop.ts";
import { toMcpHandler, toMcpNodeHandler } from "./mcp.ts";

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
}

async function connect(url: URL, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  onTestFinished(() => client.close());
  return client;
}

const shop = () => toMcpNodeHandler(toMcpHandler(goldenShop()));
const withParser = () => express().use(express.json()).all("/mcp", shop());

describe("toMcpNodeHandler", () => {
  it.each([
    ["node:http", () => shop()],
    ["Express", () => express().all("/mcp", shop())],
    ["Express after a body parser", withParser],
  ])("serves the official client on %s", async (_name, listener) => {
    const client = await connect(await serve(listener() as RequestListener), { "X-API-Key": goldenKey });
    const { structuredContent } = await client.callTool({ name: "checkout__start", arguments: {} });
    const { session_id } = structuredContent as { session_id: string };
    const cart = { session_id, product_id: "p1", quantity: 1 };
    const added = await client.callTool({ name: "checkout__add_to_cart", arguments: cart });
    expect(added.structuredContent).toMatchObject({ result: { cart_id: "cart-1" } });
    const wrong = await client.callTool({ name: "search_products", arguments: {} });
    expect(wrong.isError).toBe(true);
  });

  it("refuses what is too large, and what is no JSON, in words", async () => {
    const url = await serve(shop());
    const post = (body: string) =>
      fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body,
      });
    const large = await post(JSON.stringify({ text: "x".repeat(1_100_000) }));
    expect([large.status, await large.json()]).toMatchObject([413, { error: "payload_too_large" }]);
    const broken = await post("{");
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: -32700 } }]);
    const got = await fetch(url, { headers: { accept: "text/event-stream" } });
    expect(got.status).toBe(405);
  });

  it("ends the call of who goes away, without a word in the log", async () => {
    const said = vi.spyOn(console, "error");
    onTestFinished(() => said.mockRestore());
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const site = new AgentApp({ title: "Slow", auth: none(), baseUrl: "https://slow.test" }).intent("wait", {
      description: "Waits",
      handler: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          begin();
          signal.addEventListener("abort", () => {
            end();
            reject(signal.reason);
          });
        }),
    });
    const url = await serve(toMcpNodeHandler(toMcpHandler(site)));
    const leave = new AbortController();
    const call = fetch(url, {
      method: "POST",
      signal: leave.signal,
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "wait", arguments: {} } }),
    });
    await begun;
    leave.abort();
    await expect(call).rejects.toThrow();
    await ended;
    expect(said).not.toHaveBeenCalled();
  });

  it("closes a stream that nobody reads any longer", async () => {
    const cancel = vi.fn();
    const silent = () => new ReadableStream({ cancel });
    const headers = { "content-type": "text/event-stream" };
    const url = await serve(toMcpNodeHandler({ fetch: async () => new Response(silent(), { headers }) }));
    const leave = new AbortController();
    const response = await fetch(url, { method: "POST", body: "{}", signal: leave.signal });
    expect(response.status).toBe(200);
    leave.abort();
    await expect.poll(() => cancel.mock.calls.length).toBe(1);
  });
});
