import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { type AgentApp, type Application, RegistrationError } from "../index.ts";
import { goldenKey, goldenShop } from "../testing/golden-shop.ts";
import { nestSite } from "../testing/nest-site.ts";
import { serve } from "../testing/serve.ts";

/** Mounts the site as the README does, beside a page of the site's own, in the application itself or below a prefix. */
type Host = (
  agent: AgentApp,
  baseUrl: string,
  prefix: "" | "/shop",
) => Promise<{ fetch(path: string, init?: RequestInit): Promise<Response>; close(): Promise<unknown> }>;

const nest =
  (platform: "express" | "fastify"): Host =>
  async (agent, baseUrl) => {
    const app = await nestSite(platform, true);
    await agent.mount(app, { baseUrl });
    await app.listen(0, "127.0.0.1");
    const url = await app.getUrl();
    return { fetch: (path, init) => fetch(url + path, init), close: () => app.close() };
  };

const hosts: Record<string, Host> = {
  async Express(agent, baseUrl, prefix) {
    const app = express();
    const router = prefix ? express.Router() : app;
    await agent.mount(router, { baseUrl });
    if (prefix) app.use(prefix, router as express.Router);
    app.get("/", (_request, response) => void response.send("the site"));
    return serve(app);
  },
  async Fastify(agent, baseUrl, prefix) {
    const app = Fastify();
    if (prefix) await app.register((scope) => agent.mount(scope, { baseUrl }), { prefix });
    else await agent.mount(app, { baseUrl });
    app.get("/", async () => "the site");
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    return { fetch: (path, init) => fetch(url + path, init), close: () => app.close() };
  },
  async Hono(agent, baseUrl, prefix) {
    const app = new Hono();
    const part = prefix ? new Hono() : app;
    await agent.mount(part, { baseUrl });
    if (prefix) app.route(prefix, part);
    app.get("/", (c) => c.text("the site"));
    return {
      fetch: async (path, init) => app.request(`https://myshop.com${path}`, init),
      close: async () => {},
    };
  },
  async Koa(agent, baseUrl) {
    const app = new Koa();
    await agent.mount(app, { baseUrl });
    app.use((context) => {
      context.body = "the site";
    });
    return serve(app.callback());
  },
  "NestJS on Express": nest("express"),
  "NestJS on Fastify": nest("fastify"),
};

const cases = Object.entries(hosts).flatMap(([name, host]) =>
  (["", "/shop"] as const).map((prefix) => [`${name}${prefix && ` under ${prefix}`}`, host, prefix] as const),
);

test.each(cases)("a site is mounted by one line in %s", async (_, host, prefix) => {
  const baseUrl = `https://myshop.com${prefix}`;
  const { fetch, close } = await host(goldenShop({ baseUrl: undefined }) as never, baseUrl, prefix);
  onTestFinished(async () => void (await close()));
  const agentHeaders = { "X-Agent-Request": "true", "X-API-Key": goldenKey, "Content-Type": "application/json" };

  const manifest = await fetch(`${prefix}/.well-known/agent-manifest.json`, { headers: agentHeaders });
  expect(await manifest.json()).toMatchObject({ name: "MyShop", base_url: baseUrl });
  const search = { method: "POST", headers: agentHeaders, body: JSON.stringify({ query: "you", max_results: 5 }) };
  const products = await fetch(`${prefix}/agent/intents/search_products`, search);
  expect(await products.json()).toMatchObject([{ id: "p1" }]);
  const start = await fetch(`${prefix}/agent/flows/checkout/start`, { method: "POST", headers: agentHeaders });
  expect(await start.json()).toMatchObject({ entry_step: "add_to_cart", allowed_next_steps: ["add_to_cart"] });

  const page = await fetch("/");
  expect([page.status, await page.text()]).toEqual([200, "the site"]);
});

test("what is no application is refused with what to use instead", async () => {
  const agent = goldenShop();
  await expect(agent.mount({ on: () => {} } as unknown as Application)).rejects.toThrow(RegistrationError);
  await expect(agent.mount({ on: () => {} } as unknown as Application)).rejects.toThrow(/@agentgate\/site\/node/);
});
