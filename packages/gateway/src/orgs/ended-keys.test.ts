import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { LeavingAgent } from "../a2a/testing/leaving-agent.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** Keys end on one node while what they have opened on another goes on. */
describe.each(testEngines())("what is open ends with its key, on %s", (engine) => {
  let gate: TestGateway;
  /** Where everything is opened. */
  let node: TestGateway;
  let streaming: TestAgent;
  let leaving: LeavingAgent;
  let legacy: LeavingAgent;
  const ids = { plain: "", priced: "", guarded: "", current: "", legacy: "", other: "" };
  let org: { id: string; key: string };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    node = await gate.another();
    await Promise.all([gate.gateway.start(), node.gateway.start()]);
    // Sends as many pieces as the task says, and is at work until its caller has gone.
    streaming = await startAgent(({ body }, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.flushHeaders();
      const pieces = Number(JSON.parse(body).message.parts[0].text);
      for (let piece = 1; piece <= pieces; piece++) response.write(`data: piece-${piece}\n\n`);
    });
    leaving = await new LeavingAgent({ version: "1.0", keepsTasks: true }).start();
    legacy = await new LeavingAgent({ version: "0.3", keepsTasks: true }).start();
    const register = async (fields: object) => (await gate.register({ ...fields })).id as string;
    ids.plain = await register({ name: "plain", url: streaming.url });
    ids.other = await register({ name: "other", url: streaming.url });
    ids.priced = await register({ name: "priced", url: streaming.url, price_per_task: 1 });
    const guarded = { price_per_task: 1, agent_api_key: "agents-own-key" };
    ids.guarded = await register({ name: "guarded", url: streaming.url, ...guarded });
    const cardOf = ({ url }: LeavingAgent) => `${url}/.well-known/agent-card.json`;
    ids.current = await register({ card_url: cardOf(leaving), price_per_task: 1 });
    ids.legacy = await register({ card_url: cardOf(legacy), price_per_task: 1 });
    org = await owner("Acme");
  });
  afterAll(async () => {
    await gate.close();
    await Promise.all([streaming.close(), leaving.close(), legacy.close()]);
  });

  const owner = async (name: string) => {
    const made = await gate.createOrg(name, { rate_limit: 1e6, rate_burst: 1e6 });
    await gate.call("POST", `/orgs/${made.id}/topup`, { amount: 100 });
    return made;
  };
  const keyOf = async (fields: object = {}, of = org) => {
    const given = { name: "k", scopes: ["tasks:call", "chains:run", "chains:read"], ...fields };
    const { status, body } = await gate.call("POST", `/orgs/${of.id}/keys`, given, of.key);
    expect(status, JSON.stringify(body)).toBe(201);
    return { key: body.key as string, path: `/orgs/${of.id}/keys/${body.id}` };
  };

  /** Something open: all that was heard so far, and whether it has ended. */
  interface Open {
    text: string;
    isOver: boolean;
    heard(text: string): Promise<void>;
    /** How long it takes from now until it ends. */
    over(): Promise<number>;
  }
  function opened(): Open & { end(): void } {
    const ended = Promise.withResolvers<void>();
    return {
      text: "",
      isOver: false,
      end() {
        this.isOver = true;
        ended.resolve();
      },
      heard(text) {
        return expect.poll(() => this.text).toContain(text);
      },
      async over() {
        const from = performance.now();
        await Promise.race([ended.promise, new Promise((resolve) => setTimeout(resolve, 5_000))]);
        return performance.now() - from;
      },
    };
  }
  async function events(path: string, body: object, key: string, headers: Record<string, string> = {}): Promise<Open> {
    const open = opened();
    const response = await fetch(node.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    void (async () => {
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) open.text += piece;
    })()
      .catch(() => {
        open.text += "broken off";
      })
      .then(() => open.end());
    return open;
  }
  function socket(
    id: string,
    headers: Record<string, string>,
  ): { open: Open; send(message: object): void; code: Promise<number> } {
    const open = opened();
    const client = new WebSocket(`${node.url.replace("http", "ws")}/agents/${id}/task/ws`, { headers });
    client.on("message", (data) => {
      open.text += `${data}\n`;
    });
    const code = new Promise<number>((resolve) => client.on("close", resolve));
    void code.then(() => open.end());
    client.on("error", () => open.end());
    const ready = new Promise((resolve) => client.on("open", resolve));
    return { open, send: (message) => void ready.then(() => client.send(JSON.stringify(message))), code };
  }

  let cases = 0;
  const script = (upTo = 2) => {
    cases += 1;
    return {
      name: `ended-${engine}-${cases}`,
      text: JSON.stringify({ name: `ended-${engine}-${cases}`, upTo, fate: "completes" }),
    };
  };
  const message = (text: string) => ({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text }] } });
  const oldMessage = (text: string) => ({
    message: { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text }] },
  });
  const rpc = (method: string, params: object) => ({ jsonrpc: "2.0", id: 1, method, params });

  const plainStream = async (key: string, id = ids.plain, pieces = 1, headers = {}) => {
    const open = await events(`/agents/${id}/task/stream`, textTask(`${pieces}`), key, headers);
    await open.heard(pieces > 0 ? `piece-${pieces}` : "Routing");
    return open;
  };
  const entrances: Record<string, (key: string) => Promise<Open>> = {
    "a task's stream": (key) => plainStream(key),
    "an A2A stream over JSON-RPC": async (key) => {
      const open = await events(`/agents/${ids.current}`, rpc("SendStreamingMessage", message(script().text)), key);
      await open.heard("PIECE-1");
      return open;
    },
    "an A2A stream over HTTP+JSON": async (key) => {
      const open = await events(`/agents/${ids.current}/message:stream`, message(script().text), key);
      await open.heard("PIECE-1");
      return open;
    },
    "an A2A stream of 0.3": async (key) => {
      const open = await events(`/agents/${ids.legacy}`, rpc("message/stream", oldMessage(script().text)), key);
      await open.heard("PIECE-1");
      return open;
    },
    "a subscription": async (key) => {
      const { text, name } = script();
      const first = await events(`/agents/${ids.current}/message:stream`, message(text), org.key);
      await first.heard("PIECE-1");
      const taskId = /"id":"([^"]+)"/.exec(first.text)?.[1] ?? name;
      const open = await events(`/agents/${ids.current}`, rpc("SubscribeToTask", { id: taskId }), key);
      await open.heard(taskId);
      return open;
    },
    "a socket": async (key) => {
      const { open, send } = socket(ids.plain, { authorization: `Bearer ${key}` });
      send({ type: "task", task: textTask("1") });
      await open.heard("Routing");
      return open;
    },
    "a socket that waits": async (key) => {
      const { open, send } = socket(ids.plain, {});
      send({ type: "auth", token: key });
      await open.heard("Authenticated");
      return open;
    },
    "a chain's run": async (key) => {
      const steps = [{ agent_id: ids.plain, input_template: "1" }];
      const chain = await gate.call("POST", "/chains/", { name: "chain", steps }, org.key);
      const open = await events(`/chains/${chain.body.id}/run/stream`, { input: "1" }, key);
      await open.heard('"running"');
      return open;
    },
  };

  test("on every entrance, within a second of its deletion on another node", async () => {
    const { key, path } = await keyOf();
    const names = Object.keys(entrances);
    const all = await Promise.all(names.map((name) => entrances[name]!(key)));
    // One more, by a key that stays.
    const other = await plainStream((await keyOf()).key);
    expect((await gate.call("DELETE", path, undefined, org.key)).status).toBe(204);
    const took = await Promise.all(all.map((open) => open.over()));
    for (const [index, name] of names.entries()) expect(took[index], name).toBeLessThan(1_000);
    const said = Object.fromEntries(names.map((name, index) => [name, all[index]!.text]));
    const last = (name: string) => said[name]!.trimEnd().split("\n").slice(-2).join("\n");
    const why = "This API key was revoked";
    expect(last("a task's stream")).toBe(`event: error\ndata: ${why} (invalid_api_key)`);
    for (const name of ["an A2A stream over JSON-RPC", "a subscription"]) {
      const { error } = JSON.parse(last(name).split("data: ")[1]!);
      expect([error.code, error.message, error.data[0].reason], name).toEqual([-32051, why, "INVALID_API_KEY"]);
    }
    const rest = last("an A2A stream over HTTP+JSON").split("data: ");
    expect(rest[0]).toBe("event: error\n");
    expect(JSON.parse(rest[1]!).error).toMatchObject({ code: 401, details: [{ reason: "INVALID_API_KEY" }] });
    expect(JSON.parse(last("an A2A stream of 0.3").split("data: ")[1]!).error).toMatchObject({ code: -32051 });
    for (const name of ["a socket", "a socket that waits"]) {
      const message = said[name]!.trimEnd().split("\n").at(-1)!;
      expect(JSON.parse(message), name).toEqual({ type: "error", data: why, code: "invalid_api_key" });
    }
    const chain = last("a chain's run").split("data: ");
    expect(chain[0]).toBe("event: error\n");
    expect(JSON.parse(chain[1]!)).toMatchObject({ status: "error", error: why, error_code: "invalid_api_key" });
    expect(other.isOver).toBe(false);
    expect(other.text).not.toContain("error");
  });

  const change = async (method: string, path: string, body?: object) =>
    expect((await gate.call(method, path, body, org.key)).status).toBe(200);
  const patch = (fields: object) => (path: string) => change("PATCH", path, fields);
  const changes: Record<string, [code: string, change: (path: string) => Promise<unknown>]> = {
    disabled: ["key_disabled", (path) => change("POST", `${path}/disable`)],
    "given fewer scopes": ["insufficient_scope", patch({ scopes: ["wallet:read"] })],
    "made for other agents": ["agent_not_allowed", (path) => change("PATCH", path, { agents: [ids.other] })],
    "bound to other addresses": ["address_not_allowed", patch({ ip_allow: ["192.0.2.1"] })],
    "minted anew": ["key_expired", (path) => change("POST", `${path}/rotate`)],
  };
  const inTime: Record<string, [fields: object, prepare: (path: string) => Promise<unknown>]> = {
    "at its end": [{ expires_in: 60 }, async () => {}],
    "given less time": [{ expires_in: 7200 }, patch({ expires_in: 60 })],
    "at the end of its grace": [{}, (path) => change("POST", `${path}/rotate`, { grace_seconds: 60 })],
  };
  /** A stream and a socket with one key. */
  const openBoth = async (fields: object) => {
    const { key, path } = await keyOf(fields);
    const open = await plainStream(key);
    const { open: waiting, code: closed, send } = socket(ids.plain, { authorization: `Bearer ${key}` });
    send({ type: "task", task: textTask("1") });
    await waiting.heard("Routing");
    return {
      path,
      async endsWith(code: string, when: string) {
        expect(await open.over(), when).toBeLessThan(1_000);
        expect(open.text, when).toMatch(new RegExp(`event: error\\ndata: .+ \\(${code}\\)\\n\\n$`));
        expect(await closed, when).toBe(1008);
        expect(waiting.text, when).toContain(`"code":"${code}"`);
      },
    };
  };

  test("when the key is changed so that it does not open it any more", async () => {
    const tried = async (name: string) => {
      const [code, make] = changes[name]!;
      const both = await openBoth({});
      await make(both.path);
      await both.endsWith(code, name);
    };
    await Promise.all(Object.keys(changes).map(tried));
  });

  test("when the key's time is over", async () => {
    const names = Object.keys(inTime);
    const all = await Promise.all(names.map((name) => openBoth(inTime[name]![0])));
    await Promise.all(names.map((name, index) => inTime[name]![1](all[index]!.path)));
    // The other node has to hear of it.
    await new Promise((resolve) => setTimeout(resolve, 700));
    gate.clock.skip(61_000);
    await Promise.all(names.map((name, index) => all[index]!.endsWith("key_expired", name)));
  });

  test("not when a change leaves what was opened", async () => {
    const { key, path } = await keyOf({ expires_in: 60 });
    const open = await plainStream(key, ids.priced);
    const limits = { name: "new", agents: [ids.priced], rate_limit: 1, per_call_max: 0.5, expires_in: 7200 };
    expect((await gate.call("PATCH", path, limits, org.key)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 700));
    gate.clock.skip(61_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open.isOver).toBe(false);
    await gate.call("DELETE", path, undefined, org.key);
    expect(await open.over()).toBeLessThan(1_000);
  });

  test("also of an organization's own key, when its rotation is confirmed and when the organization goes", async () => {
    const own = await owner("Rotating");
    const first = await plainStream(own.key);
    const rotated = await gate.call("POST", `/orgs/${own.id}/rotate-key`, undefined, own.key);
    const next = rotated.body.new_api_key;
    const second = await plainStream(next);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([first.isOver, second.isOver]).toEqual([false, false]);
    expect((await gate.call("POST", `/orgs/${own.id}/confirm-rotation`, undefined, next)).status).toBe(200);
    expect(await first.over()).toBeLessThan(1_000);
    expect(first.text).toContain("(invalid_api_key)");
    expect(second.isOver).toBe(false);
    const named = await gate.call("POST", `/orgs/${own.id}/keys`, { name: "n", scopes: ["*"] }, next);
    const third = await plainStream(named.body.key);
    expect((await gate.call("DELETE", `/orgs/${own.id}?force=true`)).status).toBe(204);
    for (const open of [second, third]) {
      expect(await open.over()).toBeLessThan(1_000);
      expect(open.text).toContain("This API key was revoked (invalid_api_key)");
    }
  });

  test("what was delivered by then is paid, and nothing else", async () => {
    const payer = await owner("Paying");
    const booked = async () => {
      const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      return { spent: 100 - balance, held };
    };
    const paid = [
      (key: string) => plainStream(key, ids.priced, 1),
      entrances["an A2A stream over JSON-RPC"]!,
      (key: string) => plainStream("agents-own-key", ids.guarded, 1, { "x-agentgate-payer-key": key }),
    ];
    const end = async (entrance: (key: string) => Promise<Open>) => {
      const { key, path } = await keyOf({}, payer);
      const open = await entrance(key);
      await gate.call("DELETE", path, undefined, payer.key);
      expect(await open.over()).toBeLessThan(1_000);
    };
    await Promise.all(paid.map(end));
    await expect.poll(booked, { timeout: 60_000 }).toEqual({ spent: paid.length, held: 0 });
    const { key, path } = await keyOf({}, payer);
    const open = await plainStream(key, ids.priced, 0);
    expect(await booked()).toEqual({ spent: paid.length, held: 1 });
    await gate.call("DELETE", path, undefined, payer.key);
    expect(await open.over()).toBeLessThan(1_000);
    await expect.poll(booked).toEqual({ spent: paid.length, held: 0 });
  });

  test("a socket is told of a key that has ended, or may not call its agent", async () => {
    const refused = async (fields: object, end: (path: string) => Promise<unknown>) => {
      const { key, path } = await keyOf(fields);
      await end(path);
      const { open, send } = socket(ids.plain, {});
      send({ type: "auth", token: key });
      await open.heard("\n");
      const upgrade = await new Promise((resolve) => {
        const headers = { authorization: `Bearer ${key}` };
        const client = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${ids.plain}/task/ws`, { headers });
        client.on("unexpected-response", (_, response) => resolve(response.statusCode));
        client.on("open", () => resolve("open"));
        client.on("error", () => {});
      });
      return [JSON.parse(open.text).code, upgrade];
    };
    const disable = (path: string) => gate.call("POST", `${path}/disable`, undefined, org.key);
    expect(await refused({}, disable)).toEqual(["key_disabled", 401]);
    expect(await refused({ expires_in: 60 }, async () => gate.clock.skip(61_000))).toEqual(["key_expired", 401]);
    expect(await refused({ scopes: ["wallet:read"] }, async () => {})).toEqual(["insufficient_scope", 403]);
    expect(await refused({ agents: [ids.other] }, async () => {})).toEqual(["agent_not_allowed", 403]);
  });

  test("also when its agent is suspended on another node; what was delivered by then is paid, and nothing else", async () => {
    const payer = await owner("Suspended");
    const { key } = await keyOf({}, payer);
    const { "a chain's run": _, ...streams } = entrances;
    const names = Object.keys(streams);
    const all = await Promise.all(names.map((name) => streams[name]!((name === "a subscription" ? org : { key }).key)));
    const paid = await plainStream(key, ids.priced, 1);
    const unpaid = await plainStream(key, ids.priced, 0);
    const other = await plainStream(key, ids.other);
    const suspended = [ids.plain, ids.current, ids.legacy, ids.priced];
    const each = (verb: string) =>
      Promise.all(suspended.map((id) => gate.call("POST", `/agents/${id}/${verb}`, { reason: "It leaks" })));
    for (const { status } of await each("suspend")) expect(status).toBe(200);
    const took = await Promise.all([...all, paid, unpaid].map((open) => open.over()));
    for (const [index, name] of [...names, "paid", "unpaid"].entries()) expect(took[index], name).toBeLessThan(1_000);
    for (const [index, name] of names.entries()) {
      expect(all[index]!.text, name).toMatch(/was suspended by the gateway's operator/);
      expect(all[index]!.text, name).not.toContain("It leaks");
    }
    expect(other.isOver).toBe(false);
    const sums = async () => {
      const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      return { spent: 100 - balance, held };
    };
    // Three A2A streams and one plain one had had a piece, and one had none.
    await expect.poll(sums, { timeout: 60_000 }).toEqual({ spent: 4, held: 0 });
    for (const { status } of await each("resume")) expect(status).toBe(200);
  });
});
