import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@agentgate/testing";
import pg from "pg";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rpcResult, startRawAgent } from "../packages/gateway/src/a2a/testing/raw-agent.ts";
import { openDatabase } from "../packages/gateway/src/audit/testing/raw-database.ts";
import { testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import {
  ADMIN_KEY,
  echo,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../packages/gateway/src/testing/index.ts";
import { dumpDatabase } from "./testing/database-dump.ts";

/** A token that is found again in any case and in base64, whatever was done to it. */
const canary = (name: string) => `canary0${name}0${"zyxwvut".repeat(3)}`;

const secrets = {
  orgKey: canary("orgkey"),
  payerKey: canary("payerkey"),
  agentKey: canary("agentkey"),
  socketToken: canary("sockettoken"),
  wrongBearer: canary("wrongbearer"),
  wrongPayer: canary("wrongpayer"),
  cookie: canary("cookie"),
  proxyAuthorization: canary("proxyauthorization"),
  apiKeyHeader: canary("apikeyheader"),
  queryToken: canary("querytoken"),
  pushToken: canary("pushtoken"),
  pushCredentials: canary("pushcredentials"),
  agentToken: canary("agenttoken"),
  agentHeader: canary("agentheader"),
  webhookPath: canary("webhookpath"),
  taskText: canary("tasktext"),
  databasePassword: canary("databasepassword"),
  redisPassword: canary("redispassword"),
  secretKey: canary("secretkey"),
  clickhousePassword: canary("clickhousepassword"),
  awsSecret: canary("awssecret"),
};
type Secret = keyof typeof secrets | "adminKey" | "rotatedKey" | "mintedKey" | "webhookSecret";

/** Where a secret was put, and may be found: everything else is a leak. */
const belongs: Partial<Record<Secret, RegExp>> = {
  webhookPath: /^(table agents|table webhook_endpoints|upstream \/hooks\/|answer to (the owner|the admin))/,
  webhookSecret: /^answer to the owner: POST \/agents\/ /,
  agentToken: /^upstream/,
  agentHeader: /^upstream/,
  taskText: /^(upstream|answer to the caller)/,
  pushToken: /^answer to the caller over A2A/,
  pushCredentials: /^answer to the caller over A2A/,
  rotatedKey: /^answer to the owner: POST \/orgs\/[^/]+\/rotate-key/,
  mintedKey: /^answer to the admin: POST \/orgs\//,
};

describe.each(testEngines())("secrets on %s (P12)", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let refusing: Server;
  const more: Partial<Record<Secret, string>> = { adminKey: ADMIN_KEY };
  const lines: string[] = [];
  /** Where something was recorded, and what. */
  const recorded: [place: string, text: string][] = [];

  beforeAll(async () => {
    const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
    const redisUrl = `redis://:${secrets.redisPassword}@127.0.0.1:${await freePort()}`;
    // One that refuses the password, and repeats it.
    refusing = createServer((_, response) => {
      response.writeHead(403).end(`Code: 516. DB::Exception: ${secrets.clickhousePassword} is not the password`);
    });
    await once(refusing.listen(0, "127.0.0.1"), "listening");
    const { port } = refusing.address() as AddressInfo;
    const logSinks = [`clickhouse://writer:${secrets.clickhousePassword}@127.0.0.1:${port}/calls?seconds=1`];
    const set = {
      topup: "open",
      redisUrl,
      secretKey: secrets.secretKey,
      awsSecretAccessKey: secrets.awsSecret,
    } as const;
    gate = await startTestGateway(engine, { ...set, logSinks }, log);
    await gate.gateway.start();
    agent = await startAgent((task, response, request) => {
      if (task.path.startsWith("/fails")) response.writeHead(500).end('{"detail":"no"}');
      else if (!task.path.startsWith("/hangs")) echo(task, response, request);
    });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
    refusing.closeAllConnections();
    refusing.close();
  });

  /** Calls as one of the parties and records what it got to see. */
  async function call(
    who: string,
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const { body, headers } = options;
    const response = await fetch(gate.url + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const head = JSON.stringify([...response.headers]);
    recorded.push([`answer to ${who}: ${method} ${path} ${response.status}`, head + text]);
    return {
      status: response.status,
      json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined,
    };
  }

  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  test("live where they belong and nowhere else", async () => {
    // Organizations, keys and agents.
    const admin = bearer(ADMIN_KEY);
    const org = (
      await call("the admin", "POST", "/orgs/", { headers: admin, body: { name: "owner", api_key: secrets.orgKey } })
    ).json;
    const payer = (
      await call("the admin", "POST", "/orgs/", { headers: admin, body: { name: "payer", api_key: secrets.payerKey } })
    ).json;
    const taken = { headers: admin, body: { name: "third", api_key: secrets.orgKey } };
    expect((await call("the admin", "POST", "/orgs/", taken)).status).toBe(409);
    const minted = (await call("the admin", "POST", "/orgs/", { headers: admin, body: { name: "minted" } })).json;
    more.mintedKey = minted.api_key;
    const rotated = await call("the owner", "POST", `/orgs/${minted.id}/rotate-key`, {
      headers: bearer(minted.api_key),
    });
    more.rotatedKey = rotated.json.new_api_key;
    await call("the owner", "POST", `/orgs/${minted.id}/confirm-rotation`, { headers: bearer(more.rotatedKey!) });
    await call("the admin", "POST", `/orgs/${payer.id}/topup`, { headers: admin, body: { amount: 5 } });

    const webhook = `${agent.url}/hooks/${secrets.webhookPath}`;
    const register = async (fields: object) => {
      const body = {
        name: "guarded",
        url: agent.url,
        agent_api_key: secrets.agentKey,
        webhook_url: webhook,
        price_per_task: 0.01,
        ...fields,
      };
      const registered = await call("the owner", "POST", "/agents/", { headers: bearer(secrets.orgKey), body });
      expect(registered.status).toBe(201);
      more.webhookSecret = registered.json.webhook_secret;
      return registered.json.id as string;
    };
    const id = await register({});
    const failing = await register({ name: "failing", url: `${agent.url}/fails` });
    const hanging = await register({ name: "hanging", url: `${agent.url}/hangs` });
    const gone = await register({ name: "gone", url: `http://127.0.0.1:${await freePort()}` });
    await call("the owner", "PUT", `/agents/${id}`, {
      headers: bearer(secrets.orgKey),
      body: { description: "guarded well" },
    });
    for (const agentId of [id, failing, hanging, gone]) {
      const body = { type: "bearer", token: secrets.agentToken };
      await call("the owner", "PUT", `/agents/${agentId}/credentials`, { headers: bearer(secrets.orgKey), body });
    }

    // Tasks, with every header that callers are known to send.
    const headers = {
      cookie: `session=${secrets.cookie}`,
      "proxy-authorization": `Basic ${secrets.proxyAuthorization}`,
      "x-api-key": secrets.apiKeyHeader,
      "x-agentgate-payer-key": secrets.payerKey,
    };
    const send = (agentId: string, key: string, extra: Record<string, string> = {}, path = "task") =>
      call("the caller", "POST", `/agents/${agentId}/${path}?token=${secrets.queryToken}`, {
        headers: { ...headers, ...bearer(key), ...extra },
        body: textTask(secrets.taskText),
      });
    expect((await send(id, secrets.agentKey)).status).toBe(200);
    expect((await send(id, secrets.agentKey, {}, "task/stream")).status).toBe(200);
    expect((await send(id, secrets.payerKey)).status).toBe(401);
    expect((await send(id, secrets.wrongBearer)).status).toBe(401);
    expect((await send(id, secrets.agentKey, { "x-agentgate-payer-key": secrets.wrongPayer })).status).toBe(401);
    expect((await send(failing, secrets.agentKey)).status).toBe(502);
    const hung = send(hanging, secrets.agentKey);
    await expect.poll(() => agent.received.at(-1)?.path).toMatch(/^\/hangs/);
    gate.clock.skip(gate.config.taskTimeoutMs);
    expect((await hung).status).toBe(504);
    expect((await send(gone, secrets.agentKey)).status).toBe(502);
    await socketTask(id);
    await a2aTask(headers);
    await call("a stranger", "GET", `/orgs/${org.id}?token=${secrets.queryToken}`, {
      headers: bearer(secrets.wrongBearer),
    });

    const steps = [{ agent_id: id, agent_api_key: secrets.agentKey }];
    const body = { name: "guarded", steps };
    const chain = await call("the owner", "POST", "/chains/", { headers: bearer(secrets.orgKey), body });
    expect(chain.json.steps[0].has_agent_api_key).toBe(true);
    const runPath = `/chains/${chain.json.id}/run`;
    const run = await call("the owner", "POST", runPath, { headers: bearer(secrets.orgKey), body: { input: "x" } });
    expect([run.status, run.json.status]).toEqual([200, "success"]);
    await lookAround(id, org.id, payer.id);
    await breakTheDatabase(id);
    recorded.push(...agent.received.map((task): [string, string] => [`upstream ${task.path}`, JSON.stringify(task)]));
    const dump = await dumpDatabase(gate.config);
    recorded.push(...Object.entries(dump).map(([table, rows]): [string, string] => [`table ${table}`, rows]));
    recorded.push(...lines.map((line): [string, string] => ["log line", line]));
    expect(lines.some((line) => line.includes("request failed"))).toBe(true);

    const values = Object.entries({ ...secrets, ...more }) as [Secret, string][];
    const leaks = values.flatMap(([name, value]) =>
      recorded
        .filter(([place, text]) => holds(text, value) && !belongs[name]?.test(place))
        .map(([place, text]) => `${name} in ${place}: ${around(text, value)}`),
    );
    expect(leaks).toEqual([]);
    // The net has no holes: what may be found is found.
    expect(recorded.some(([place, text]) => place === "table agents" && holds(text, secrets.webhookPath))).toBe(true);
    for (const [place, secret] of [
      ["upstream /a2a", secrets.taskText],
      ["upstream /a2a", secrets.agentToken],
      ["upstream over A2A /", secrets.agentHeader],
    ] as const) {
      expect(recorded.some(([where, text]) => where === place && holds(text, secret))).toBe(true);
    }
  });

  async function socketTask(id: string) {
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws?token=${secrets.queryToken}`);
    await once(socket, "open");
    const next = async () => {
      const [{ data }] = await once(socket, "message");
      recorded.push(["answer to the caller: socket", data]);
      return JSON.parse(data);
    };
    socket.send(JSON.stringify({ type: "auth", token: secrets.socketToken }));
    expect((await next()).type).toBe("error");
    socket.send(JSON.stringify({ type: "auth", token: secrets.agentKey }));
    expect((await next()).type).toBe("status");
    socket.send(JSON.stringify({ type: "task", task: textTask(secrets.taskText) }));
    expect((await next()).type).toBe("error"); // 402: an agent's key pays nothing
    socket.close();
  }

  /** Over A2A, with a push notification config; who asks for that is shown what they said. */
  async function a2aTask(headers: Record<string, string>) {
    const task = { id: "t1", contextId: "c1", status: { state: "TASK_STATE_WORKING" } };
    const a2aAgent = await startRawAgent(({ body }, response) => {
      const result = body.method === "SendMessage" ? { task } : body.params;
      response.setHeader("content-type", "application/json");
      response.end(rpcResult(body.id, JSON.stringify(result)));
    });
    const card = { card_url: `${a2aAgent.url}/.well-known/agent-card.json`, agent_api_key: secrets.agentKey };
    const { json } = await call("the owner", "POST", "/agents/", { headers: bearer(secrets.orgKey), body: card });
    const shown = { type: "header", name: "x-agent-key", value: secrets.agentHeader };
    await call("the owner", "PUT", `/agents/${json.id}/credentials`, { headers: bearer(secrets.orgKey), body: shown });
    const rpc = (method: string, params: object) =>
      call("the caller over A2A", "POST", `/agents/${json.id}?token=${secrets.queryToken}`, {
        headers: { ...headers, ...bearer(secrets.agentKey), "a2a-version": "1.0" },
        body: { jsonrpc: "2.0", id: 1, method, params },
      });
    const message = { messageId: "m1", role: "ROLE_USER", parts: [{ text: secrets.taskText }] };
    const sent = (await rpc("SendMessage", { message })).json;
    const said = {
      token: secrets.pushToken,
      authentication: { scheme: "Bearer", credentials: secrets.pushCredentials },
    };
    const taskId = sent.result.task.id;
    const set = await rpc("CreateTaskPushNotificationConfig", { taskId, id: "p", url: `${agent.url}/push`, ...said });
    expect(set.json.result.id).toBe("p");
    recorded.push(
      ...a2aAgent.received.map((seen): [string, string] => [`upstream over A2A ${seen.path}`, JSON.stringify(seen)]),
    );
    expect(a2aAgent.received).toHaveLength(2);
    await a2aAgent.close();
  }

  /** Everything that anybody can read, as nobody, as another organization, as the owner and as the admin. */
  async function lookAround(id: string, orgId: string, payerId: string) {
    const open = [
      ...[
        "/agents/",
        "/agents/search",
        "/agents/search?q=guarded",
        "/agents/tags",
        "/agents/by-name/guarded",
        "/agents/by-name/guarded/latest",
      ],
      ...[
        `/agents/${id}`,
        `/agents/${id}/card`,
        `/agents/${id}/health`,
        `/agents/${id}/reviews`,
        "/health",
        "/health/ready",
        "/health/agents",
      ],
      ...[
        "/openapi.json",
        "/docs",
        "/.well-known/agent.json",
        "/.well-known/agent-card.json",
        "/.well-known/jwks.json",
      ],
    ];
    const owned = [
      `/agents/${id}/logs`,
      `/agents/${id}/usage`,
      `/agents/${id}/usage/breakdown`,
      `/orgs/${orgId}`,
      `/orgs/${orgId}/agents`,
      "/chains/",
    ];
    const money = ["wallet", "transactions", "transactions/summary", "billing", "billing/breakdown"].map(
      (name) => `/orgs/${orgId}/${name}`,
    );
    for (const path of [...open, ...owned, ...money]) {
      await call("a stranger", "GET", path);
      await call("another organization", "GET", path, { headers: bearer(secrets.payerKey) });
      await call("the owner", "GET", path, { headers: bearer(secrets.orgKey) });
      await call("the admin", "GET", path, { headers: bearer(ADMIN_KEY) });
    }
    const sinks = async () =>
      (await call("the admin", "GET", "/log-sinks", { headers: bearer(ADMIN_KEY) })).json.entries;
    await expect.poll(async () => (await sinks())[0]?.trouble).toContain("is not the password");
    for (const path of ["/orgs/", `/orgs/${payerId}/transactions`, "/admin/ledger/verify", "/settings", "/nodes"]) {
      await call("the admin", "GET", path, { headers: bearer(ADMIN_KEY) });
    }
    for (const accept of ["application/json", "text/plain", "application/openmetrics-text"]) {
      await call("the admin", "GET", "/metrics", { headers: { ...bearer(ADMIN_KEY), accept } });
    }
  }

  /** Errors tell the log what they know: connections that break, and statements that cannot work. */
  async function breakTheDatabase(id: string) {
    const failsNow = async (path: string) => {
      const status = async () =>
        (
          await call("the caller", "GET", `${path}?token=${secrets.queryToken}`, {
            headers: bearer(secrets.wrongBearer),
          })
        ).status;
      // The first may meet a connection that is gone, and be told to come back.
      await expect.poll(status).toBe(500);
    };
    if (gate.config.databaseUrl !== undefined) {
      const url = new URL(gate.config.databaseUrl);
      url.password = secrets.databasePassword;
      const node = await gate.another({ databaseUrl: url.href });
      await node.call("GET", "/agents/");
      const client = new pg.Client({ connectionString: gate.config.databaseUrl });
      await client.connect();
      await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
      await client.query("alter table reviews rename to lost_reviews");
      await client.end();
      await expect.poll(() => lines.some((line) => line.includes("connection was lost"))).toBe(true);
    } else {
      const database = await openDatabase("sqlite", gate.config);
      await database.run("alter table reviews rename to lost_reviews");
      await database.close();
    }
    await failsNow(`/agents/${id}/reviews`);
  }
});

function holds(text: string, secret: string): boolean {
  const forms = [
    secret,
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(secret).toString("hex"),
  ];
  const lower = text.toLowerCase();
  return forms.some((form) => lower.includes(form.toLowerCase()));
}

function around(text: string, secret: string): string {
  const at = Math.max(0, text.toLowerCase().indexOf(secret.toLowerCase()) - 200);
  return text.slice(at, at + 500);
}
