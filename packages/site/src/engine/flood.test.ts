import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { mount as mountExpress } from "../faces/express.ts";
import { toNodeHandler } from "../faces/node.ts";
import { AgentApp, type AgentAppOptions, apiKey, flow, MemorySessionStore, none, step } from "../index.ts";
import { serve } from "../testing/serve.ts";

type Send = (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>;

/** A site with room for 100 sessions and 100 kept replies. */
function shop(options: Partial<AgentAppOptions> = {}) {
  const runs = { charge: 0, search: 0 };
  const app = new AgentApp({
    title: "Shop",
    auth: none(),
    baseUrl: "http://shop.test",
    sessionStore: new MemorySessionStore({ entriesMax: 100 }),
    onError: () => {},
    ...(options as object),
  })
    .intent("charge", { description: "Charges the card", input: z.looseObject({}), handler: () => ++runs.charge })
    .intent("search", { description: "Searches", idempotent: true, handler: () => ++runs.search })
    .flow(
      flow("checkout", {
        description: "Orders",
        steps: {
          add: step({ entry: true, description: "Adds a product", handler: () => 1 }),
          pay: step({ after: "add", description: "Pays for it", handler: () => 2 }),
        },
      }),
    );
  return { app, runs };
}

const requestOf = (headers: Record<string, string> = {}, method = "POST"): RequestInit => ({
  method,
  headers: { "X-Agent-Request": "true", "Content-Type": "application/json", "X-Agent-ID": "victim", ...headers },
  ...(method === "POST" && { body: "{}" }),
});

const inProcess =
  (app: AgentApp): Send =>
  (path, headers, method) =>
    app.fetch(new Request(`http://shop.test/agent/${path}`, requestOf(headers, method)));

async function overNode(app: AgentApp): Promise<Send> {
  const { url, close } = await serve(toNodeHandler(app) as never);
  onTestFinished(close);
  return (path, headers, method) => fetch(`${url}/agent/${path}`, requestOf(headers, method));
}

const json = async (response: Promise<Response>) => (await response).json() as Promise<any>;

/** A victim with a session and a charge, before and after somebody else's flood. */
async function survives(send: Send, flood: (i: number) => Record<string, string>, runs: { charge: number }) {
  const key = { "Idempotency-Key": "order-1" };
  const { session_id } = await json(send("flows/checkout/start"));
  expect(await json(send("intents/charge", key))).toBe(1);
  const refused = { starts: 0, charges: 0 };
  for (let i = 0; i < 250; i++) {
    const headers = flood(i);
    const start = await send("flows/checkout/start", headers);
    const charge = await send("intents/charge", { ...headers, "Idempotency-Key": `flood-${i}` });
    for (const { status } of [start, charge]) expect([200, 503]).toContain(status);
    if (start.status === 503) {
      expect(start.headers.get("retry-after")).toBe("60");
      expect(await start.json()).toMatchObject({ error: "unavailable", current_step: "", allowed_next_steps: [] });
    }
    refused.starts += Number(start.status === 503);
    refused.charges += Number(charge.status === 503);
  }
  expect((await send(`flows/checkout/session/${session_id}`, {}, "GET")).status).toBe(200);
  const charged = runs.charge;
  const repeat = await send("intents/charge", key);
  expect([repeat.status, repeat.headers.get("idempotency-replayed"), await repeat.json()]).toEqual([200, "true", 1]);
  expect(runs.charge).toBe(charged);
  expect((await send("flows/checkout/step/add", { "X-Session-ID": session_id })).status).toBe(200);
  return refused;
}

describe("a flood of starts and keyed calls", () => {
  it("of one agent takes its share, and others go on to start", async () => {
    const { app, runs } = shop();
    const send = inProcess(app as never);
    const refused = await survives(send, () => ({ "X-Agent-ID": "anybody" }), runs);
    expect(refused).toEqual({ starts: 240, charges: 240 });
    expect((await send("flows/checkout/start")).status).toBe(200);
    expect((await send("intents/charge", { "Idempotency-Key": "order-2" })).status).toBe(200);
  });

  it("under a new id each takes what strangers may have, and forgets nothing", async () => {
    const { app, runs } = shop();
    const refused = await survives(inProcess(app as never), (i) => ({ "X-Agent-ID": `anybody-${i}` }), runs);
    expect(refused).toEqual({ starts: 201, charges: 201 });
  });

  it("of strangers leaves room for authenticated callers", async () => {
    const sessionStore = new MemorySessionStore({ entriesMax: 100 });
    const strangers = inProcess(shop({ sessionStore }).app as never);
    const known = inProcess(shop({ sessionStore, auth: apiKey({ verify: (key) => key }) }).app as never);
    for (let i = 0; i < 60; i++) await strangers("flows/checkout/start", { "X-Agent-ID": `${i}` });
    expect((await strangers("flows/checkout/start", { "X-Agent-ID": "new" })).status).toBe(503);
    expect((await known("flows/checkout/start", { "X-API-Key": "alice" })).status).toBe(200);
  });

  it("over node:http from one address takes that address' share, whatever it calls itself", async () => {
    const { app } = shop();
    const send = await overNode(app as never);
    let started = 0;
    for (let i = 0; i < 40; i++) {
      if ((await send("flows/checkout/start", { "X-Agent-ID": `anybody-${i}` })).status === 200) started++;
    }
    expect(started).toBe(10);
  });

  it("over node:http loses nobody's session", async () => {
    const { app, runs } = shop();
    await survives(await overNode(app as never), (i) => ({ "X-Agent-ID": `anybody-${i}` }), runs);
  });

  it("is told apart by the address that Express trusts its proxy for", async () => {
    const { app } = shop();
    const server = express().set("trust proxy", "loopback");
    mountExpress(server, app);
    const { url, close } = await serve(server);
    onTestFinished(close);
    const start = async (address: string, id: string) =>
      (await fetch(`${url}/agent/flows/checkout/start`, requestOf({ "X-Forwarded-For": address, "X-Agent-ID": id })))
        .status;
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push(await start(`2001:db8::${i}`, `${i}`));
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(await start("2001:db8:0:1::1", "0")).toBe(200);
  });

  it("is told apart by what the site itself says is the address, and by Bun's and Deno's servers", async () => {
    const clientAddress: AgentAppOptions["clientAddress"] = ({ header }) => header("cf-connecting-ip");
    const send = inProcess(shop({ clientAddress }).app as never);
    const statuses = [];
    for (let i = 0; i < 11; i++) {
      const headers = { "CF-Connecting-IP": "192.0.2.1", "X-Agent-ID": `${i}` };
      statuses.push((await send("flows/checkout/start", headers)).status);
    }
    expect(statuses.slice(-2)).toEqual([200, 503]);
    expect((await send("flows/checkout/start", { "CF-Connecting-IP": "192.0.2.2" })).status).toBe(200);

    for (const server of [
      { requestIP: () => ({ address: "192.0.2.1" }) },
      { remoteAddr: { hostname: "192.0.2.1" } },
      { incoming: { socket: { remoteAddress: "192.0.2.1" } } },
    ]) {
      const { app } = shop();
      const last = [];
      for (let i = 0; i < 11; i++) {
        const request = new Request("http://shop.test/agent/flows/checkout/start", requestOf({ "X-Agent-ID": `${i}` }));
        last.push((await app.fetch(request, server)).status);
      }
      expect(last.slice(-2)).toEqual([200, 503]);
    }
  });

  it("does not stop intents that may be repeated, with a key or without", async () => {
    const { app, runs } = shop();
    const send = inProcess(app as never);
    for (let i = 0; i < 20; i++) await send("intents/charge", { "Idempotency-Key": `${i}` });
    expect((await send("intents/charge", { "Idempotency-Key": "new" })).status).toBe(503);
    expect((await send("intents/charge")).status).toBe(200);
    expect((await send("intents/search", { "Idempotency-Key": "s" })).status).toBe(200);
    expect(runs.search).toBe(1);
  });

  it("cannot be made larger by a long agent id", async () => {
    const send = inProcess(shop().app as never);
    const start = (length: number) => send("flows/checkout/start", { "X-Agent-ID": "x".repeat(length) });
    expect((await start(1024)).status).toBe(200);
    expect([(await start(1025)).status, await json(start(100_000))]).toMatchObject([422, { error: "invalid_input" }]);
  });

  it("ends with the time of what it left", async () => {
    let now = 1e12;
    const { app } = shop({ now: () => now, sessionStore: new MemorySessionStore({ entriesMax: 100, now: () => now }) });
    const send = inProcess(app as never);
    for (let i = 0; i < 11; i++) await send("flows/checkout/start");
    expect((await send("flows/checkout/start")).status).toBe(503);
    now += 31 * 60_000;
    expect((await send("flows/checkout/start")).status).toBe(200);
  });
});
